using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>Begins transactions that application code writes in.</summary>
internal static class BoundTransaction
{
    /// <summary>
    /// Begins a transaction whose locks the server gives back when this process freezes in it, as the store's options say.
    /// </summary>
    public static async ValueTask<IStoreTransaction> BeginBoundAsync(
        this IReadModelStore store, IEventLog log, CancellationToken cancellationToken)
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
