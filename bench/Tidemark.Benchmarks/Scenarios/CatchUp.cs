using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Hosting;
using Tidemark.Placement;
using Tidemark.Projections;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>One catch-up of fresh projections, from the start of the daemon until all have passed the end of the log.</summary>
internal static class CatchUp
{
    private const int HashesPerLine = 50;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    /// <summary>Measures one catch-up, and checks what it has built.</summary>
    /// <param name="store">The store, with a full log.</param>
    /// <param name="kind">What the projections do.</param>
    /// <param name="projections">How many.</param>
    /// <param name="events">How many events the log holds.</param>
    /// <param name="round">Part of the projections' names: a new name has seen nothing.</param>
    /// <param name="partitions">Into how many shards each is split.</param>
    /// <param name="tick">The time between two heartbeats; by default that of the options.</param>
    /// <returns>
    /// What it cost, rows of events fetched per event, and the digest of the last read model; empty without one.
    /// </returns>
    public static async Task<(Usage Usage, double RowsReadPerEvent, string Digest)> MeasureAsync(
        IBenchStore store, ProjectionKind kind, int projections, int events, string round, int partitions = 1, TimeSpan? tick = null)
    {
        var fetchedBefore = await store.EventRowsFetchedAsync().ConfigureAwait(false);
        var host = await store.StartHostAsync(daemon: false, builder =>
        {
            Register(builder.AddOrders(), kind, projections, round, partitions);
            if (tick is { } every)
                builder.Configure(options => Beat(options.Node, every));
        }).ConfigureAwait(false);
        Usage usage;
        long read;
        string digest;
        await using (host.ConfigureAwait(false))
        {
            var meter = UsageMeter.Start(store.CpuSeconds);
            await host.Daemon.StartAsync().ConfigureAwait(false);
            await host.Daemon.WaitForCaughtUpAsync(Timeout).ConfigureAwait(false);
            usage = meter.Stop();
            read = host.Database.EventsRead;
            digest = await BuiltReadModel.CheckAsync(host, kind, Name(round, projections - 1), events).ConfigureAwait(false);
        }

        // The server's own count is the better witness, where there is one.
        var fetched = await store.EventRowsFetchedAsync().ConfigureAwait(false) - fetchedBefore;
        return (usage, (double)(fetched ?? read) / events, digest);
    }

    /// <summary>Registers fresh projections.</summary>
    public static void Register(TidemarkBuilder builder, ProjectionKind kind, int projections, string round, int partitions = 1)
    {
        for (var i = 0; i < projections; i++)
            builder.AddProjection(Make(kind, Name(round, i), partitions));
    }

    /// <summary>The name of a projection of a round.</summary>
    public static string Name(string round, int number) => $"p{number}_{round}";

    // A node has to live for two ticks at least.
    private static void Beat(NodeOptions node, TimeSpan tick)
    {
        node.Tick = tick;
        if (node.TimeToLive < 2 * tick)
            node.TimeToLive = 2 * tick;
    }

    private static Projection Make(ProjectionKind kind, string name, int partitions) => kind switch
    {
        ProjectionKind.Aggregate => new OrderTotals(name, partitions),
        ProjectionKind.Computing => new OrderTotals(name, partitions, HashesPerLine),
        ProjectionKind.Statements => new OrderStatements(name, partitions),
        _ => new NoProjection(name),
    };
}
