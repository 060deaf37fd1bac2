using System.Security.Cryptography;
using System.Text;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
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
    /// <param name="partitions">Into how many shards each aggregate is split.</param>
    /// <returns>
    /// What it cost, rows of events fetched per event, and the digest of the last aggregate's read model; empty without one.
    /// </returns>
    public static async Task<(Usage Usage, double RowsReadPerEvent, string Digest)> MeasureAsync(
        IBenchStore store, ProjectionKind kind, int projections, int events, string round, int partitions = 1)
    {
        var fetchedBefore = await store.EventRowsFetchedAsync().ConfigureAwait(false);
        var host = await store.StartHostAsync(daemon: false, builder => Register(builder.AddOrders(), kind, projections, round, partitions))
            .ConfigureAwait(false);
        Usage usage;
        long read;
        var digest = "";
        await using (host.ConfigureAwait(false))
        {
            var meter = UsageMeter.Start(store.CpuSeconds);
            await host.Daemon.StartAsync().ConfigureAwait(false);
            await host.Daemon.WaitForCaughtUpAsync(Timeout).ConfigureAwait(false);
            usage = meter.Stop();
            read = host.Database.EventsRead;
            if (kind == ProjectionKind.Aggregate)
            {
                await CheckAsync(host, Name(round, projections - 1), events).ConfigureAwait(false);
                digest = await DigestAsync(host, Name(round, projections - 1)).ConfigureAwait(false);
            }
        }

        // The server's own count is the better witness, where there is one.
        var fetched = await store.EventRowsFetchedAsync().ConfigureAwait(false) - fetchedBefore;
        return (usage, (double)(fetched ?? read) / events, digest);
    }

    /// <summary>Registers fresh projections.</summary>
    public static void Register(TidemarkBuilder builder, ProjectionKind kind, int projections, string round, int partitions = 1)
    {
        for (var i = 0; i < projections; i++)
            builder.AddProjection(kind == ProjectionKind.Noop
                ? new NoProjection(Name(round, i)) : (Projection)new OrderTotals(Name(round, i), partitions));
    }

    /// <summary>SHA-256 over the keys and the stored bytes of every document, in the order of the keys.</summary>
    public static async Task<string> DigestAsync(TidemarkHost host, string projection)
    {
        const int page = 2_000;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? after = null;
        while (true)
        {
            var documents = await host.Database.Storage.ReadModels.ReadLiveAsync(
                projection, TenantId.Default, after, page, CancellationToken.None).ConfigureAwait(false);
            foreach (var document in documents)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(document.Key.Key));
                hash.AppendData(document.Json.Span);
            }

            if (documents.Count < page)
                return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
            after = documents[^1].Key.Key;
        }
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
