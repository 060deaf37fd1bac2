using Tidemark.Events;

namespace Tidemark.Tenancy;

/// <summary>
/// Port: which event database each tenant is in. The rows stand in the coordination database. Every change counts up one number, so that a
/// node sees with one short read whether anything is new.
/// </summary>
public interface ITenantStore
{
    /// <summary>Every tenant, when something has changed since; null when nothing has.</summary>
    /// <param name="knownChange">The number of the last change that the caller knows; 0 for none.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<TenantRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken);

    /// <summary>
    /// Adds a tenant. Returns the row that stands then: one that was there already is left as it is, unless it was removed. Of several
    /// processes that add the same tenant at once the first wins, and all are told its row.
    /// </summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="database">
    /// The event database it is to be in. A removed tenant that comes back stays in the database that it was in: its events are there.
    /// </param>
    /// <param name="cancellationToken">Cancels the call; its outcome may then be unknown, and repeating it is safe.</param>
    ValueTask<Tenant> AddAsync(TenantId tenant, string database, CancellationToken cancellationToken);

    /// <summary>Marks a tenant as removed; its events stay. Returns whether it was there.</summary>
    ValueTask<bool> RemoveAsync(TenantId tenant, CancellationToken cancellationToken);
}
