using Tidemark.Checkpoints;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Delivery;

/// <summary>A consumer in this process.</summary>
internal sealed class InProcessTarget(InProcessConsumer consumer, Leases.ShardName shard, DeliveryPolicy policy) : IDeliveryTarget
{
    private readonly ParallelHandler? _parallel = consumer.EachAsync is { } each ? new ParallelHandler(each, policy.ParallelStreams) : null;

    public TokenKeeper Keeper => consumer.ReadTokenAsync is null ? TokenKeeper.Store : TokenKeeper.Consumer;

    public bool NeedsData => true;

    public bool NeedsJson => false;

    public bool IsTransactional => consumer.WriteAsync is not null;

    public ValueTask<HandshakeToken?> AskAsync(HandshakeQuestion question, CancellationToken cancellationToken) =>
        consumer.ReadTokenAsync is { } read ? read(shard, cancellationToken) : ValueTask.FromResult<HandshakeToken?>(null);

    public async ValueTask<DeliveryAnswer> DeliverAsync(
        DeliveryOffer offer, DeliveryBatch batch, IStoreTransaction? transaction, CancellationToken cancellationToken)
    {
        var outcome = _parallel is not null
            ? await _parallel.HandleAsync(batch, cancellationToken).ConfigureAwait(false)
            : consumer.WriteAsync is { } write
                ? await write(batch, transaction?.Transaction ?? throw NoSql(), cancellationToken).ConfigureAwait(false)
                : await consumer.HandleAsync!(batch, cancellationToken).ConfigureAwait(false);
        return DeliveryAnswer.Of(outcome);
    }

    private NotSupportedException NoSql() =>
        new($"This store has no SQL; the transactional subscriber of '{shard.Projection}' needs SQLite or PostgreSQL.");
}
