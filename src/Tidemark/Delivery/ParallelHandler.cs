using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>
/// Handles the events of a batch one by one, those of different streams beside each other when that is wanted, those of one stream always
/// in order. When an event fails, what is done before it without a gap counts as done; what is done beyond it is remembered, so that it is
/// not handled again when the rest comes once more. When the shard is to end here it stops after the events at hand, at least after the
/// first. Not safe for concurrent use.
/// </summary>
internal sealed class ParallelHandler(Func<RecordedEvent, CancellationToken, ValueTask> handle, int streamsMax)
{
    // Positions that are done beyond the first one that is not.
    private readonly HashSet<long> _ahead = [];

    public async ValueTask<DeliveryOutcome> HandleAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var (open, error) = streamsMax == 1
            ? await InOrderAsync(batch, cancellationToken).ConfigureAwait(false)
            : await BesideEachOtherAsync(batch, cancellationToken).ConfigureAwait(false);
        if (open is null)
        {
            _ahead.Clear();
            return DeliveryOutcome.Done;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var before = Before(batch.Events.Span, open);
        return error is null
            ? DeliveryOutcome.DoneThrough(before!.Value)
            : DeliveryOutcome.RetryAfter(TimeSpan.Zero, Reason(error), before);
    }

    private static string Reason(Exception error) => $"{error.GetType().Name}: {error.Message}";

    private static Position? Before(ReadOnlySpan<RecordedEvent> events, RecordedEvent open)
    {
        for (var i = 1; i < events.Length; i++)
        {
            if (events[i] == open)
                return events[i - 1].Position;
        }

        return null;
    }

    // Both return the first event that is not done, with its error; without one when there was no time for it.
    private async ValueTask<(RecordedEvent? Open, Exception? Error)> InOrderAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        for (var i = 0; i < batch.Events.Length; i++)
        {
            var e = batch.Events.Span[i];
            if (i > 0 && batch.Stopping.IsCancellationRequested)
                return (e, null);
            try
            {
                await handle(e, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                return (e, error);
            }
        }

        return (null, null);
    }

    private async ValueTask<(RecordedEvent? Open, Exception? Error)> BesideEachOtherAsync(
        DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var first = batch.Events.Span[0];
        var gate = new Lock();
        var done = new List<long>();
        (RecordedEvent? Event, Exception? Error) open = default;
        var options = new ParallelOptions { MaxDegreeOfParallelism = streamsMax };
        await Parallel.ForEachAsync(StreamsOf(batch), options, HandleStreamAsync).ConfigureAwait(false);
        _ahead.UnionWith(done);
        if (open.Event is { } left)
            _ahead.RemoveWhere(p => p < left.Position.Value);
        return open;

        async ValueTask HandleStreamAsync(List<RecordedEvent> stream, CancellationToken ignored)
        {
            foreach (var e in stream)
            {
                Exception? error = null;
                var isLate = e != first && batch.Stopping.IsCancellationRequested;
                try
                {
                    if (!isLate)
                        await handle(e, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception thrown)
                {
                    error = thrown;
                }

                lock (gate)
                {
                    if (!isLate && error is null)
                        done.Add(e.Position.Value);
                    else if (open.Event is null || e.Position < open.Event.Position)
                        open = (e, error);
                }

                if (isLate || error is not null)
                    return;
            }
        }
    }

    private Dictionary<(TenantId, StreamId), List<RecordedEvent>>.ValueCollection StreamsOf(DeliveryBatch batch)
    {
        var streams = new Dictionary<(TenantId, StreamId), List<RecordedEvent>>();
        foreach (var e in batch.Events.Span)
        {
            if (_ahead.Contains(e.Position.Value))
                continue;
            if (!streams.TryGetValue((e.Tenant, e.StreamId), out var stream))
                streams.Add((e.Tenant, e.StreamId), stream = []);
            stream.Add(e);
        }

        return streams.Values;
    }
}
