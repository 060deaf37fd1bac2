using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>
/// Port: the subscriptions of a store. The rows stand in the coordination database. Every change counts up one number, so that a node sees
/// with one short read whether anything is new.
/// </summary>
public interface ISubscriptionStore
{
    /// <summary>Every subscription, when something has changed since; null when nothing has.</summary>
    /// <param name="knownChange">The number of the last change that the caller knows; 0 for none.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<SubscriptionRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a subscription, unless one has its name, with a new incarnation. Its starts are stored with it: once this returns, every later
    /// append is delivered. Returns the one that stands then: of several that are added at once the first wins.
    /// </summary>
    /// <param name="definition">What it is.</param>
    /// <param name="starts">Where it begins on each event database.</param>
    /// <param name="cancellationToken">Cancels the call; its outcome may then be unknown, and repeating it is safe.</param>
    ValueTask<Subscription> AddAsync(
        SubscriptionDefinition definition, IReadOnlyDictionary<string, Position> starts, CancellationToken cancellationToken);

    /// <summary>
    /// Changes a subscription's definition. Returns whether it was there; a definition that is stored already is no change.
    /// </summary>
    ValueTask<bool> ChangeAsync(SubscriptionDefinition definition, int incarnation, CancellationToken cancellationToken);

    /// <summary>Removes a subscription. Returns whether it was there.</summary>
    ValueTask<bool> RemoveAsync(string name, int incarnation, CancellationToken cancellationToken);
}
