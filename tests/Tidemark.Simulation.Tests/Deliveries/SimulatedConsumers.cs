using System.Collections.Concurrent;
using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Simulation.Tests.Faults;
using Tidemark.Testing;

namespace Tidemark.Simulation.Tests.Deliveries;

/// <summary>
/// Consumers somewhere else, as the nodes reach them: away at times, slow, hanging, with questions and answers that get lost.
/// </summary>
internal sealed class SimulatedConsumers(FaultPlan plan, ManualClock clock) : IDeliveryTargetSource
{
    private readonly ConcurrentDictionary<ShardName, SimulatedConsumer> _consumers = new();

    public SubscriptionKind Kind => SubscriptionKind.Remote;

    /// <summary>Of all shards that were ever reached.</summary>
    public IEnumerable<KeyValuePair<ShardName, SimulatedConsumer>> All => _consumers;

    public IDeliveryTarget Make(ShardName shard, Subscription subscription)
    {
        var keepsToken = subscription.Definition.KeepsOwnToken;
        return new Target(shard, keepsToken, _consumers.GetOrAdd(shard, _ => new SimulatedConsumer(keepsToken)), plan, clock);
    }

    private sealed class Target(ShardName shard, bool keepsToken, SimulatedConsumer consumer, FaultPlan plan, ManualClock clock)
        : IDeliveryTarget
    {
        public TokenKeeper Keeper => keepsToken ? TokenKeeper.Consumer : TokenKeeper.Store;

        public bool NeedsData => false;

        public bool NeedsJson => false;

        public bool IsTransactional => false;

        public async ValueTask<HandshakeToken?> AskAsync(HandshakeQuestion question, CancellationToken cancellationToken)
        {
            if (plan.Enabled && plan.Draw($"away {shard}", 12) == 0)
            {
                var back = TimeSpan.FromSeconds(plan.Draw($"back {shard}", 90));
                throw new NoConsumerException(shard, Task.Delay(back, clock, CancellationToken.None));
            }

            return await ReachAsync("ask", () => consumer.Answer(question.Fallback), cancellationToken);
        }

        public ValueTask<DeliveryAnswer> DeliverAsync(
            DeliveryOffer offer, DeliveryBatch batch, IStoreTransaction? transaction, CancellationToken cancellationToken) =>
            ReachAsync("deliver", () => Process(offer, batch), cancellationToken);

        private DeliveryAnswer Process(DeliveryOffer offer, DeliveryBatch batch)
        {
            var part = plan.Enabled && plan.Draw($"part {shard}", 6) == 0;
            var count = part ? 1 + plan.Draw($"parts {shard}", batch.Events.Length) : batch.Events.Length;
            if (!consumer.TryProcess(batch, offer.Offered, count))
                return DeliveryAnswer.Elsewhere(consumer.Stands);
            var through = batch.Events.Span[count - 1].Position;
            return DeliveryAnswer.Of(count == batch.Events.Length ? DeliveryOutcome.Done
                : plan.Draw($"refusal {shard}", 2) == 0 ? DeliveryOutcome.DoneThrough(through)
                : DeliveryOutcome.RetryAfter(TimeSpan.FromSeconds(1), "not now", through));
        }

        // One in thirty calls is never answered.
        private async ValueTask<T> ReachAsync<T>(string kind, Func<T> call, CancellationToken cancellationToken)
        {
            var fate = plan.Enabled ? plan.Draw($"{kind} {shard}", 30) : 30;
            if (fate < 6)
                await Task.Delay(TimeSpan.FromMilliseconds(plan.Draw($"slow {kind}", 3000)), clock, cancellationToken);
            if (fate == 7)
                throw new IOException("The question got lost.");
            var answer = call();
            if (fate == 8)
                throw new IOException("The answer got lost.");
            if (fate == 9)
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken);
            return answer;
        }
    }
}
