using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.HighWater;

namespace Tidemark.Tests.Fixtures;

/// <summary>What a subscription's consumer was handed, in order; fails where a test says so.</summary>
internal sealed class Inbox
{
    private readonly Lock _gate = new();
    private readonly List<RecordedEvent> _events = [];
    private readonly AsyncPulse _changed = new();

    /// <summary>Called for each event before it counts as received; may throw.</summary>
    public Func<RecordedEvent, Task> OnEvent { get; set; } = _ => Task.CompletedTask;

    /// <summary>How often handlers were called, for failing events too.</summary>
    public int Tries { get; private set; }

    public IReadOnlyList<RecordedEvent> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public IReadOnlyList<long> Amounts => [.. Events.Select(e => e.Data).OfType<Deposited>().Select(d => d.Amount)];

    public async ValueTask HandleAsync(RecordedEvent e, CancellationToken cancellationToken)
    {
        lock (_gate)
            Tries++;
        try
        {
            await OnEvent(e);
            cancellationToken.ThrowIfCancellationRequested();
            lock (_gate)
                _events.Add(e);
        }
        finally
        {
            _changed.Fire();
        }
    }

    /// <summary>The same for a whole batch, which ends with an outcome.</summary>
    public async ValueTask<DeliveryOutcome> HandleAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        for (var i = 0; i < batch.Events.Length; i++)
            await HandleAsync(batch.Events.Span[i], cancellationToken);
        return DeliveryOutcome.Done;
    }

    public Task ReceivedAsync(int count) => UntilAsync(() => Events.Count >= count);

    public async Task UntilAsync(Func<bool> condition)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (true)
        {
            var changed = _changed.Next;
            if (condition())
                return;
            await changed.WaitAsync(late.Token);
        }
    }
}
