using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Hosting;
using Tidemark.Projections;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>One catch-up of fresh projections, from the start of the daemon until all have passed the end of the log.</summary>
internal static class CatchUp
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    /// <summary>Measures one catch-up, and checks what it has built.</summary>
    /// <param name="store">The store, with a full log.</param>
    /// <param name="kind">What the projections do.</param>
    /// <param name="projections">How many.</param>
    /// <param name="events">How many events the log holds.</param>
    /// <param name="round">Part of the projections' names: a new name has seen nothing.</param>
    public static async Task<(Usage Usage, double RowsReadPerEvent)> MeasureAsync(
        IBenchStore store, ProjectionKind kind, int projections, int events, string round)
    {
        var fetchedBefore = await store.EventRowsFetchedAsync().ConfigureAwait(false);
        var host = await store.StartHostAsync(daemon: false, builder => Register(builder.AddOrders(), kind, projections, round))
            .ConfigureAwait(false);
        Usage usage;
        long read;
        await using (host.ConfigureAwait(false))
        {
            var meter = UsageMeter.Start(store.CpuSeconds);
            await host.Daemon.StartAsync().ConfigureAwait(false);
            await host.Daemon.WaitForCaughtUpAsync(Timeout).ConfigureAwait(false);
            usage = meter.Stop();
            read = host.Database.EventsRead;
            if (kind == ProjectionKind.Aggregate)
                await CheckAsync(host, Name(round, projections - 1), events).ConfigureAwait(false);
        }

        // The server's own count is the better witness, where there is one.
        var fetched = await store.EventRowsFetchedAsync().ConfigureAwait(false) - fetchedBefore;
        return (usage, (double)(fetched ?? read) / events);
    }

    /// <summary>Registers fresh projections.</summary>
    public static void Register(TidemarkBuilder builder, ProjectionKind kind, int projections, string round)
    {
        for (var i = 0; i < projections; i++)
            builder.AddProjection(kind == ProjectionKind.Noop
                ? new NoProjection(Name(round, i)) : (Projection)new OrderTotals(Name(round, i)));
    }

    /// <summary>The name of a projection of a round.</summary>
    public static string Name(string round, int number) => $"p{number}_{round}";

    /// <summary>A fast wrong answer is worth nothing: every event has to be in the read model once.</summary>
    public static async Task CheckAsync(TidemarkHost host, string projection, int events)
    {
        long lines = 0;
        long payments = 0;
        await foreach (var (_, order) in host.Store.Documents<OrderState>(projection).AllAsync().ConfigureAwait(false))
        {
            lines += order.Lines;
            payments += order.Paid > 0 ? 1 : 0;
        }

        var perStream = events / Orders.Streams;
        var expected = (long)Orders.Streams * (perStream - (perStream / 5));
        if (events % Orders.Streams == 0 && (lines != expected || payments != (perStream >= 5 ? Orders.Streams : 0)))
            throw new InvalidOperationException($"The read model of {projection} holds {lines} lines and {payments} paid orders; " +
                $"{expected} lines were expected.");
    }
}
