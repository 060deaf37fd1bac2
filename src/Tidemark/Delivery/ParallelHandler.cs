using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>
/// Handles the events of a batch one by one, those of different streams beside each other when that is wanted, those of one stream always
/// in order. When an event fails, what is done before it without a gap counts as done; what is done beyond it is remembered, so that it is
/// not handled again when the rest comes once more. Not safe for concurrent use.
/// </summary>
internal sealed class ParallelHandler(Func<RecordedEvent, CancellationToken, ValueTask> handle, int streamsMax)
{
    // Positions that are done beyond the first one that is not.
    private readonly HashSet<long> _ahead = [];

    public async ValueTask<DeliveryOutcome> HandleAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var (failed, error) = streamsMax == 1
            ? await InOrderAsync(batch.Events, cancellationToken).ConfigureAwait(false)
            : await BesideEachOtherAsync(batch.Events, cancellationToken).ConfigureAwait(false);
        if (failed is null)
        {
            _ahead.Clear();
            return DeliveryOutcome.Done;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var before = batch.Events.Span[0].Position == failed.Position ? null : Before(batch.Events.Span, failed);
        return DeliveryOutcome.RetryAfter(TimeSpan.Zero, Reason(error!), before);
    }

    private static string Reason(Exception error) => $"{error.GetType().Name}: {error.Message}";

    private static Position? Before(ReadOnlySpan<RecordedEvent> events, RecordedEvent failed)
    {
        for (var i = 1; i < events.Length; i++)
        {
            if (events[i] == failed)
                return events[i - 1].Position;
        }

        return null;
    }

    private async ValueTask<(RecordedEvent? Failed, Exception? Error)> InOrderAsync(
        ReadOnlyMemory<RecordedEvent> events, CancellationToken cancellationToken)
    {
        for (var i = 0; i < events.Length; i++)
        {
            var e = events.Span[i];
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

    private async ValueTask<(RecordedEvent? Failed, Exception? Error)> BesideEachOtherAsync(
        ReadOnlyMemory<RecordedEvent> events, CancellationToken cancellationToken)
    {
        var streams = new Dictionary<(TenantId, StreamId), List<RecordedEvent>>();
        foreach (var e in events.Span)
        {
            if (_ahead.Contains(e.Position.Value))
                continue;
            if (!streams.TryGetValue((e.Tenant, e.StreamId), out var stream))
                streams.Add((e.Tenant, e.StreamId), stream = []);
            stream.Add(e);
        }

        var gate = new Lock();
        var done = new List<long>();
        (RecordedEvent? Failed, Exception? Error) first = default;
        var options = new ParallelOptions { MaxDegreeOfParallelism = streamsMax };
        await Parallel.ForEachAsync(
            streams.Values,
            options,
            async (stream, _) =>
            {
                foreach (var e in stream)
                {
                    try
                    {
                        await handle(e, cancellationToken).ConfigureAwait(false);
                        lock (gate)
                            done.Add(e.Position.Value);
                    }
                    catch (Exception error)
                    {
                        lock (gate)
                        {
                            if (first.Failed is null || e.Position < first.Failed.Position)
                                first = (e, error);
                        }

                        return;
                    }
                }
            }).ConfigureAwait(false);
        _ahead.UnionWith(done);
        if (first.Failed is { } failed)
            _ahead.RemoveWhere(p => p < failed.Position.Value);
        return first;
    }
}
