using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Tidemark.Events;

namespace Tidemark.Tenancy;

/// <summary>
/// Which tenants there are, and in which event database each of them is. Tenants are added and removed while everything runs; every
/// process learns of it by itself. Safe for concurrent use.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no wait handle; a container would end this too early.")]
public sealed class TenantDirectory
{
    private readonly ITenantStore _store;
    private readonly Func<CancellationToken, ValueTask> _hint;
    private readonly TenancyOptions _options;
    private readonly Func<string, CancellationToken, Task> _open;
    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile Known _known = new(0, FrozenDictionary<TenantId, Tenant>.Empty);

    internal TenantDirectory(
        ITenantStore store, TenancyOptions options, Func<CancellationToken, ValueTask> hint, Func<string, CancellationToken, Task> open)
    {
        _store = store;
        _hint = hint;
        _options = options;
        _open = open;
    }

    private sealed record Known(long Change, FrozenDictionary<TenantId, Tenant> Tenants);

    /// <summary>The tenants that are served, as this process knows them.</summary>
    public IReadOnlyList<Tenant> Tenants =>
        [.. _known.Tenants.Values.Where(t => t.State == TenantState.Active).OrderBy(t => t.Id.Value, StringComparer.Ordinal)];

    /// <summary>A tenant that is served, as this process knows it; null when it knows none such.</summary>
    public Tenant? Find(TenantId tenant) =>
        _known.Tenants.GetValueOrDefault(tenant) is { State: TenantState.Active } known ? known : null;

    /// <summary>A tenant that is served; asks the coordination database when this process does not know it yet.</summary>
    /// <exception cref="UnknownTenantException">There is none such.</exception>
    public async Task<Tenant> FindAsync(TenantId tenant, CancellationToken cancellationToken = default)
    {
        if (Find(tenant) is { } known)
            return known;
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return Find(tenant) ?? throw new UnknownTenantException(tenant);
    }

    /// <summary>
    /// Adds a tenant: gives it an event database, whose schema is made or checked first, and lets every node know. One that is there
    /// already stays as it is; one that was removed comes back with its events.
    /// </summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="database">
    /// The event database it is to be in; null to have it chosen (see <see cref="TenantAssignment"/>). For a tenant that has one already,
    /// it must be that one.
    /// </param>
    /// <param name="cancellationToken">Cancels the call; repeating it is safe.</param>
    /// <exception cref="ArgumentException">The tenant cannot be in that database, or none was named where one must be.</exception>
    public async Task<Tenant> AddAsync(TenantId tenant, string? database = null, CancellationToken cancellationToken = default)
    {
        if (tenant.IsDefault)
            throw new ArgumentException("The default tenant is in the coordination database; add others.", nameof(tenant));
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        var known = _known.Tenants.GetValueOrDefault(tenant);
        var chosen = database ?? known?.Database ?? Choose(tenant);
        EventDatabaseName.Check(chosen);
        CheckChoice(tenant, chosen, known);
        await _open(chosen, cancellationToken).ConfigureAwait(false);
        var added = await _store.AddAsync(tenant, chosen, cancellationToken).ConfigureAwait(false);
        CheckChoice(tenant, database ?? added.Database, added);
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        await _hint(cancellationToken).ConfigureAwait(false);
        return added;
    }

    /// <summary>
    /// Removes a tenant: it is no longer served, and what was for it alone is no longer run. Its events stay where they are, and it can
    /// be added again. Other processes learn of it within 30 s, those with a
    /// daemon at once where hints arrive.
    /// </summary>
    /// <returns>Whether it was served until now.</returns>
    public async Task<bool> RemoveAsync(TenantId tenant, CancellationToken cancellationToken = default)
    {
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (Find(tenant) is null)
            return false;
        await _store.RemoveAsync(tenant, cancellationToken).ConfigureAwait(false);
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
        await _hint(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Learns what has changed. One short statement, which returns nothing when nothing has.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken = default)
    {
        await _refreshing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await _store.ReadAsync(_known.Change, cancellationToken).ConfigureAwait(false) is { } roll)
                _known = new Known(roll.Change, roll.Tenants.ToFrozenDictionary(t => t.Id));
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>The event databases that serve at least one tenant.</summary>
    internal IReadOnlySet<string> Databases =>
        _known.Tenants.Values.Where(t => t.State == TenantState.Active).Select(t => t.Database).ToHashSet(StringComparer.Ordinal);

    private string Choose(TenantId tenant) => _options.Assignment switch
    {
        TenantAssignment.OwnDatabase when EventDatabaseName.IsValid(tenant.Value) => tenant.Value,
        TenantAssignment.OwnDatabase => throw new ArgumentException(
            $"Tenant '{tenant}' cannot give its name to a database ({EventDatabaseName.Rule}). Name the database when you add it.",
            nameof(tenant)),
        TenantAssignment.Hash => _options.Pool[Slot.Of(tenant, "") * _options.Pool.Count / Slot.Count],
        TenantAssignment.LeastLoaded => LeastLoaded(),
        _ => throw new ArgumentException(
            $"Name the database of tenant '{tenant}': tenants are assigned explicitly.{PoolText}", nameof(tenant)),
    };

    private string LeastLoaded()
    {
        var loads = _known.Tenants.Values.CountBy(t => t.Database, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return _options.Pool.MinBy(name => loads.GetValueOrDefault(name))!;
    }

    private void CheckChoice(TenantId tenant, string database, Tenant? known)
    {
        if (known is not null && known.Database != database)
        {
            throw new ArgumentException(
                $"Tenant '{tenant}' is in event database '{known.Database}' and cannot be put into '{database}': its events are there.",
                nameof(database));
        }

        if (known is null && _options.Pool.Count > 0 && !_options.Pool.Contains(database))
            throw new ArgumentException($"There is no event database '{database}'.{PoolText}", nameof(database));
    }

    private string PoolText => _options.Pool.Count == 0 ? "" : $" There are: {string.Join(", ", _options.Pool)}.";
}
