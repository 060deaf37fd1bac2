using Tidemark.Events;
using Tidemark.Tenancy;

namespace Tidemark.Testing.InMemory;

/// <summary>Tenants and their databases in memory.</summary>
internal sealed class InMemoryTenantStore(MemoryDatabase data, TimeProvider time) : ITenantStore
{
    public ValueTask<TenantRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var tenants = data.Committed.Tenants;
        return ValueTask.FromResult(tenants.Change == knownChange ? null : tenants.ToRoll());
    }

    public ValueTask<Tenant> AddAsync(TenantId tenant, string database, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(database);
        return data.ChangeAsync(
            state =>
            {
                var stands = state.Tenants.Find(tenant);
                if (stands is { State: TenantState.Active })
                    return (state, stands);
                var active = stands is null
                    ? new Tenant(tenant, database, TenantState.Active, time.GetUtcNow())
                    : stands with { State = TenantState.Active };
                return (state with { Tenants = state.Tenants.With(active) }, active);
            },
            cancellationToken);
    }

    public ValueTask<bool> RemoveAsync(TenantId tenant, CancellationToken cancellationToken) =>
        data.ChangeAsync(
            state => state.Tenants.Find(tenant) switch
            {
                null => (state, false),
                { State: TenantState.Removed } => (state, true),
                var stands => (state with { Tenants = state.Tenants.With(stands with { State = TenantState.Removed }) }, true),
            },
            cancellationToken);
}
