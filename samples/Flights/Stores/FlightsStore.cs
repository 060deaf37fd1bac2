using System.Data.Common;
using Flights.Events;
using Flights.Projections;
using Tidemark;
using Tidemark.Control;
using Tidemark.Hosting;
using Tidemark.Projections;

namespace Flights.Stores;

/// <summary>The event store of this sample, with its event types, its projections, and the daemon that keeps them.</summary>
internal sealed class FlightsStore : IAsyncDisposable
{
    private readonly TidemarkHost _host;
    private readonly IFlightsPlace _place;

    private FlightsStore(TidemarkHost host, IFlightsPlace place)
    {
        _host = host;
        _place = place;
    }

    /// <summary>The store, for its default tenant.</summary>
    public EventStore Events => _host.Store;

    /// <summary>What keeps the async projections up to date. Not started yet.</summary>
    public Daemon Daemon => _host.Daemon;

    /// <summary>Tells who runs what, in whichever process.</summary>
    public ClusterControl Control => _host.Control;

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
        var host = await TidemarkHost.StartAsync(
            tide =>
            {
                Configure(tide, place, boardPartitions);
                if (node is not null)
                    tide.Configure(options => BeNode(options, node));
            },
            cancellationToken);
        return new FlightsStore(host, place);
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

    private static void Configure(TidemarkBuilder tide, IFlightsPlace place, int boardPartitions)
    {
        place.Use(tide);
        tide.Json(FlightsJson.Default)
            .Events(events => events
                .Add<FlightScheduled>("flight-scheduled")
                .Add<FlightArrived>("flight-arrived")
                .Add<ImportAdvanced>("import-advanced"))
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

    // Shorter than the defaults, so that there is something to see: a node that dies is missed after 3 s instead of 10 s.
    private static void BeNode(TidemarkOptions options, string name)
    {
        options.Node.Name = name;
        options.Node.TimeToLive = TimeSpan.FromSeconds(3);
        options.Node.Tick = TimeSpan.FromSeconds(1);
        options.Shards.IdleProgressInterval = TimeSpan.FromMilliseconds(250);
    }
}
