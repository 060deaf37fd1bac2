namespace Tidemark.Delivery;

/// <summary>
/// Port: the keys of remote consumers. The rows stand in the coordination database, and stay when they are revoked. Every change counts up
/// one number, so that a node sees with one short read whether anything is new.
/// </summary>
public interface IDeliveryKeyStore
{
    /// <summary>Every key, when something has changed since; null when nothing has.</summary>
    /// <param name="knownChange">The number of the last change that the caller knows; 0 for none.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<DeliveryKeyRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken);

    /// <summary>Adds a key, unless one has its id; returns the one that stands then, with the database's time.</summary>
    /// <param name="key">The key; its times do not count.</param>
    /// <param name="cancellationToken">Cancels the call; its outcome may then be unknown, and repeating it is safe.</param>
    ValueTask<StoredDeliveryKey> AddAsync(StoredDeliveryKey key, CancellationToken cancellationToken);

    /// <summary>Revokes a key. Returns whether it was there; one that was revoked already stays as it is.</summary>
    ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken);
}
