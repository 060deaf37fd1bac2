using System.Data.Common;
using Flights.Events;
using Flights.Projections;
using Flights.Serving;
using Tidemark;
using Tidemark.Control;
using Tidemark.Hosting;
using Tidemark.Projections;

namespace Flights.Stores;

/// <summary>The event store of this sample, with its event types, its projections, and the daemon that keeps them.</summary>
internal sealed class FlightsStore : IAsyncDisposable
{
    private readonly IAsyncDisposable _host;
    private readonly IFlightsPlace _place;

    /// <param name="host">What runs the store, and ends it.</param>
    /// <param name="place">Where the events are kept.</param>
    /// <param name="events">The store.</param>
    /// <param name="daemon">Its daemon.</param>
    /// <param name="control">Its control.</param>
    public FlightsStore(IAsyncDisposable host, IFlightsPlace place, EventStore events, Daemon daemon, ClusterControl control)
    {
        _host = host;
        _place = place;
        Events = events;
        Daemon = daemon;
        Control = control;
    }

    /// <summary>The store, for its default tenant.</summary>
    public EventStore Events { get; }

    /// <summary>What keeps the async projections up to date, and delivers. Not started yet.</summary>
    public Daemon Daemon { get; }

    /// <summary>Tells who runs what, in whichever process.</summary>
    public ClusterControl Control { get; }

    /// <summary>Opens the store; makes it when there is none.</summary>
    public static Task<FlightsStore> OpenAsync(IFlightsPlace place, CancellationToken cancellationToken) =>
        OpenAsync(place, boardPartitions: 1, node: null, cancellationToken);

    /// <summary>The same for one of several processes.</summary>
    /// <param name="place">Where the events are kept.</param>
    /// <param name="boardPartitions">How many shards keep the boards of the airports.</param>
    /// <param name="node">The name of the node that this process is; null when it does not project.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    public static async Task<FlightsStore> OpenAsync(
        IFlightsPlace place, int boardPartitions, string? node, CancellationToken cancellationToken)
    {
        var host = await TidemarkHost.StartAsync(tide => Configure(tide, place, boardPartitions, node), cancellationToken);
        return new FlightsStore(host, place, host.Store, host.Daemon, host.Control);
    }

    /// <summary>Says what the store is; for applications that have a host of their own.</summary>
    public static void Configure(TidemarkBuilder tide, IFlightsPlace place, int boardPartitions, string? node)
    {
        if (node is not null)
            tide.Configure(options => BeNode(options, node));
        place.Use(tide);
        tide.Json(FlightsJson.Default)
            .Events(events => events
                .Add<FlightScheduled>("flight-scheduled")
                .Add<FlightArrived>(LateArrivals.Arrived)
                .Add<ImportAdvanced>(LateArrivals.Imported))
            .AddProjection<FlightStatuses>()
            .AddProjection(new AirportBoards(boardPartitions))
            .AddProjection<RouteRecords>()
            .AddProjection<DailyPunctuality>()
            .AddProjection<HourlyDelays>()
            .AddProjection<LongDelays>()
            .AddProjection<ImportLedgers>(ProjectionLifecycle.Inline)
            .AddProjection<FlightStories>(ProjectionLifecycle.Live)
            .Configure(options =>
            {
                // The sample starts the daemon itself, after the import, so that each can be watched at its own speed.
                options.RunDaemon = false;
                // Smaller commits than the default: the progress bars move with them.
                options.Shards.CommitEventsMax = 20_000;
            });
    }

    /// <summary>An open connection for SQL over the read models.</summary>
    public async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var connection = _place.Connection();
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    /// <summary>Drains the daemon and closes the store.</summary>
    public ValueTask DisposeAsync() => _host.DisposeAsync();

    // Shorter than the defaults, so that there is something to see: a node that dies is missed after 3 s instead of 10 s.
    private static void BeNode(TidemarkOptions options, string name)
    {
        options.Node.Name = name;
        options.Node.TimeToLive = TimeSpan.FromSeconds(3);
        options.Node.Tick = TimeSpan.FromSeconds(1);
        options.Shards.IdleProgressInterval = TimeSpan.FromMilliseconds(250);
    }
}
