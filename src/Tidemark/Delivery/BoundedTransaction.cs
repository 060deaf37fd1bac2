using Tidemark.Log;
using Tidemark.Projections;

namespace Tidemark.Delivery;

/// <summary>Begins the transactions that consumers write in.</summary>
internal static class BoundedTransaction
{
    /// <summary>Begins a transaction that the database ends by itself when it is idle for too long.</summary>
    public static async ValueTask<IStoreTransaction> BeginAsync(IEventLog log, IReadModelStore store, CancellationToken cancellationToken)
    {
        var begun = await log.BeginAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await store.BoundIdleAsync(begun, cancellationToken).ConfigureAwait(false);
            return begun;
        }
        catch
        {
            await begun.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
