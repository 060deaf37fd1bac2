using System.Collections.Immutable;
using Tidemark.Events;
using Tidemark.Tenancy;

namespace Tidemark.Testing.InMemory;

/// <summary>The tenants of a database, as one immutable value.</summary>
internal sealed record MemoryTenants
{
    public static readonly MemoryTenants Empty = new();

    /// <summary>How many changes there were.</summary>
    public long Change { get; init; }

    private ImmutableSortedDictionary<string, Tenant> Rows { get; init; } =
        ImmutableSortedDictionary.Create<string, Tenant>(CodePointOrder.Instance);

    public Tenant? Find(TenantId tenant) => Rows.GetValueOrDefault(tenant.Value);

    /// <summary>With a tenant made or changed, counted.</summary>
    public MemoryTenants With(Tenant tenant) => this with { Change = Change + 1, Rows = Rows.SetItem(tenant.Id.Value, tenant) };

    public TenantRoll ToRoll() => new(Change, [.. Rows.Values]);
}
