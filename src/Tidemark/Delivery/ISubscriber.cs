namespace Tidemark.Delivery;

/// <summary>
/// A consumer in the application's process. Made anew for each batch in a scope of the application's services. It is called at least once
/// for each event, in order; after a crash at most one batch is repeated.
/// </summary>
public interface ISubscriber
{
    /// <summary>
    /// Processes a batch. What it throws counts as a failed attempt of the batch, which is then narrowed down to the event; return an
    /// outcome to say which one it was.
    /// </summary>
    ValueTask<DeliveryOutcome> HandleAsync(DeliveryBatch batch, CancellationToken cancellationToken);
}
