using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>Hands the events of a dead letter's queue to the consumer of a subscription, as a projection applies them.</summary>
internal sealed class SubscriberApplier(
    ShardName shard, ConsumerLink link, Func<CancellationToken, ValueTask<IStoreTransaction>> begin) : Applier
{
    private IStoreTransaction? _transaction;

    public override IStoreTransaction? Transaction => _transaction;

    public override bool NeedsData => link.Target.NeedsData;

    public override bool NeedsJson => link.Target.NeedsJson;

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        if (link.Target.IsTransactional)
            _transaction ??= await begin(cancellationToken).ConfigureAwait(false);
        var outcome = await link.HandLateAsync(events.ToArray(), _transaction, cancellationToken).ConfigureAwait(false);
        if (outcome.Kind == DeliveryOutcomeKind.Done && (outcome.Through is not { } through || through >= events[^1].Position))
            return;
        var bad = outcome.Through is { } done ? events.FirstOrDefault(e => e.Position > done) ?? events[^1] : events[0];
        throw new ApplyEventException(
            shard.Projection, bad, new InvalidOperationException(outcome.Reason ?? $"The consumer answered {outcome.Kind}."));
    }

    public override ReadModelCommit AddTo(ReadModelCommit commit) => commit;

    public override ValueTask CommittedAsync() => AbandonAsync();

    public override async ValueTask AbandonAsync()
    {
        if (_transaction is { } open)
            await open.DisposeAsync().ConfigureAwait(false);
        _transaction = null;
    }
}
