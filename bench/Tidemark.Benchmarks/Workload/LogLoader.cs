using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;

namespace Tidemark.Benchmarks.Workload;

/// <summary>Fills a log through the storage port. Not measured.</summary>
internal static class LogLoader
{
    // An append names a stream once; in 500 events drawn from 20,000 streams about 6 streams come twice, and their events then lie side
    // by side.
    private const int InterleavedBatch = 500;
    private const int ClusteredBatch = 2000;

    /// <summary>Loads events over all streams.</summary>
    /// <param name="host">The store.</param>
    /// <param name="events">How many; the streams get the same number each.</param>
    /// <param name="order">
    /// Interleaved: streams in random order, so that 500 events in a row touch about 494 streams. Clustered: a stream's events together.
    /// </param>
    public static async Task LoadAsync(TidemarkHost host, int events, EventOrder order)
    {
        var perStream = Math.Max(1, events / Orders.Streams);
        var sequence = Enumerable.Range(0, events).Select(i => i / perStream % Orders.Streams).ToArray();
        if (order == EventOrder.Interleaved)
            new Random(20260101).Shuffle(sequence);
        var versions = new int[Orders.Streams];
        foreach (var window in sequence.Chunk(order == EventOrder.Interleaved ? InterleavedBatch : ClusteredBatch))
        {
            var batch = new List<StreamAppend>();
            foreach (var stream in window.CountBy(number => number))
            {
                batch.Add(Append(stream.Key, versions[stream.Key], stream.Value));
                versions[stream.Key] += stream.Value;
            }

            await SendAsync(host, batch).ConfigureAwait(false);
        }
    }

    private static async Task SendAsync(TidemarkHost host, List<StreamAppend> batch)
    {
        var outcomes = await host.Database.Storage.Log.AppendAsync(batch, CancellationToken.None).ConfigureAwait(false);
        if (!outcomes.All(o => o.IsStored))
            throw new InvalidOperationException("Loading met a stream at another version; load into an empty store.");
    }

    private static StreamAppend Append(int number, int version, int count)
    {
        var events = new EncodedEvent[count];
        for (var i = 0; i < count; i++)
        {
            var next = version + i + 1;
            events[i] = new EncodedEvent(Guid.CreateVersion7(), Orders.TypeName(next), Orders.Json(next, number), null);
        }

        var stream = Orders.Stream(number);
        return new StreamAppend(TenantId.Default, stream, Slot.Of(TenantId.Default, stream), ExpectedVersion.Exactly(version), events);
    }
}
