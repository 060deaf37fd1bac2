using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>Which events of the log to read. Null means no restriction.</summary>
/// <param name="Types">Stored type names.</param>
/// <param name="Tenants">Tenants.</param>
/// <param name="Slots">A slot range.</param>
public sealed record LogFilter(IReadOnlyList<string>? Types = null, IReadOnlyList<TenantId>? Tenants = null, SlotRange? Slots = null)
{
    /// <summary>Every event.</summary>
    public static readonly LogFilter All = new();

    /// <summary>Tenants to leave out; null for none.</summary>
    public IReadOnlyList<TenantId>? ExceptTenants { get; init; }

    /// <summary>Whether an event passes.</summary>
    public bool Matches(RecordedEvent recorded)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        return (Types is null || Types.Contains(recorded.TypeName, StringComparer.Ordinal))
            && (Tenants is null || Tenants.Contains(recorded.Tenant))
            && (ExceptTenants is null || !ExceptTenants.Contains(recorded.Tenant))
            && (Slots is null || Slots.Value.Contains(recorded.Slot));
    }
}
