using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Delivery;

/// <summary>Handlers of single events, which are told that the shard is to end here while a batch is under way.</summary>
public sealed class ParallelHandlerTests : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<long> _done = [];

    public ParallelHandlerTests() => _stop.Token.Register(() => _stopped.TrySetResult());

    public void Dispose() => _stop.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task It_stops_after_the_events_at_hand_and_the_rest_comes_in_order(int streams)
    {
        var handler = new ParallelHandler(HandleAsync, streams);
        var outcome = await handler.HandleAsync(Batch(from: 1), CancellationToken.None);

        // Beside each other, the third may begin before the second, which is left then.
        var through = outcome.Through!.Value.Value;
        outcome.ShouldBe(DeliveryOutcome.DoneThrough(new(through)));
        through.ShouldBeInRange(streams == 1 ? 3 : 1, 3);
        _done.Count.ShouldBeLessThanOrEqualTo(2 + streams);
        (await handler.HandleAsync(Batch(through + 1, CancellationToken.None), CancellationToken.None)).ShouldBe(DeliveryOutcome.Done);
        _done.Order().ShouldBe(Enumerable.Range(1, 20).Select(p => (long)p));
        foreach (var stream in _done.GroupBy(p => p % 4))
            stream.ShouldBeInOrder();
    }

    [Fact]
    public async Task At_least_one_event_is_handled_so_that_it_gets_on()
    {
        await _stop.CancelAsync();
        var outcome = await new ParallelHandler(HandleAsync, 1).HandleAsync(Batch(from: 1), CancellationToken.None);

        outcome.ShouldBe(DeliveryOutcome.DoneThrough(new(1)));
        _done.ShouldBe([1]);
    }

    private async ValueTask HandleAsync(RecordedEvent e, CancellationToken cancellationToken)
    {
        if (e.Position.Value == 3)
            await _stop.CancelAsync();
        if (e.Position.Value > 3)
            await _stopped.Task;
        lock (_done)
            _done.Add(e.Position.Value);
    }

    private DeliveryBatch Batch(long from) => Batch(from, _stop.Token);

    private static DeliveryBatch Batch(long from, CancellationToken stopping)
    {
        RecordedEvent[] events = [.. Enumerable.Range((int)from, 21 - (int)from).Select(p => Make.Recorded(p, stream: $"account-{p % 4}"))];
        var shard = new ShardName("mail", 1, SlotRange.All, "main");
        return new DeliveryBatch(
            shard, HandshakeToken.Delivered(new(from - 1)), HandshakeToken.Delivered(new(20)), events, 1, stopping);
    }
}
