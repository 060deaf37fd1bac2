using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>Runs an event projection's handlers, one after the other, in the batch's transaction.</summary>
internal sealed class TransactionApplier(EventProjection projection, ApplierContext context) : Applier
{
    private readonly ProjectionTransaction _transaction = context.Shared ?? new ProjectionTransaction(context);

    public override IStoreTransaction? Transaction => _transaction.Open;

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        for (var i = 0; i < events.Count; i++)
        {
            try
            {
                await projection.HandleAsync(events[i], _transaction, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                throw new ApplyEventException(projection.Name, events[i], e);
            }
        }
    }

    public override ReadModelCommit AddTo(ReadModelCommit commit) => commit;

    public override ValueTask CommittedAsync() => _transaction.CloseAsync();

    public override ValueTask AbandonAsync() => _transaction.CloseAsync();
}
