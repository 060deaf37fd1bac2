using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tidemark.Events;

namespace Tidemark.Checkpoints;

/// <summary>
/// A tenant that a shard has left behind: the shard's checkpoint goes on without it, and this says how far the tenant is. It is part of the
/// checkpoint's row, and moves in the transaction of the tenant's effects.
/// </summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Position">
/// Every event of the tenant at or below it that concerns the shard has taken effect; never after the shard's own position.
/// </param>
/// <param name="Reason">Why it was left behind.</param>
public sealed record TenantBehind(TenantId Tenant, Position Position, TenantBehindReason Reason)
{
    /// <summary>Slots of the tenant that are further than the position; none unless shards were merged.</summary>
    public IReadOnlyList<SlotProgress> Ahead { get; init; } = [];

    /// <summary>Why it does not get on; null while it does.</summary>
    public TenantProblem? Problem { get; init; }

    /// <summary>Writes a list as text, in JSON; the empty text when it is empty.</summary>
    public static string Format(IReadOnlyList<TenantBehind> behind)
    {
        ArgumentNullException.ThrowIfNull(behind);
        return behind.Count == 0
            ? ""
            : JsonSerializer.Serialize(behind.Select(StoredTenant.Of).ToArray(), StoredTenants.Default.StoredTenantArray);
    }

    /// <summary>Reads the text form; null and the empty text are the empty list.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static IReadOnlyList<TenantBehind> Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return [];
        try
        {
            var stored = JsonSerializer.Deserialize(text, StoredTenants.Default.StoredTenantArray) ?? [];
            return [.. stored.Select(t => t.ToBehind())];
        }
        catch (JsonException e)
        {
            throw new FormatException("The text holds no tenants that were left behind: " + e.Message, e);
        }
    }

    /// <summary>How far a tenant is, or all of them when none is given, at a position with tenants left behind.</summary>
    internal static Position Reached(Position position, IReadOnlyList<TenantBehind> behind, TenantId? tenant)
    {
        foreach (var one in behind)
        {
            if (tenant is null || one.Tenant == tenant)
                position = Position.Earlier(position, one.Position);
        }

        return position;
    }

    /// <summary>One that keeps a wait for a position from its end, by an error; null when there is none.</summary>
    internal static TenantBehind? Stuck(IReadOnlyList<TenantBehind> behind, Position position, TenantId? tenant) =>
        behind.FirstOrDefault(b => b.Problem is not null && b.Position < position && (tenant is null || b.Tenant == tenant));

    /// <inheritdoc />
    public override string ToString()
    {
        var problem = Problem is { } p ? $", {p.Category}: {p.Message}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"tenant '{Tenant}' at {Position} ({Reason}{problem})");
    }
}

/// <summary>The stored form of a tenant that was left behind.</summary>
internal sealed record StoredTenant(
    [property: JsonPropertyName("tenant")] string Tenant,
    [property: JsonPropertyName("position")] long Position,
    [property: JsonPropertyName("reason")] int Reason,
    [property: JsonPropertyName("ahead")] string? Ahead,
    [property: JsonPropertyName("problem")] StoredProblem? Problem)
{
    public static StoredTenant Of(TenantBehind behind) => new(
        behind.Tenant.Value, behind.Position.Value, (int)behind.Reason, SlotProgress.Format(behind.Ahead),
        behind.Problem is { } p ? new(p.Category, p.Message, p.Event.Value, p.Failures, p.Since, p.NextTry) : null);

    public TenantBehind ToBehind() => new(TenantId.Trusted(Tenant), new(Position), (TenantBehindReason)Reason)
    {
        Ahead = SlotProgress.Parse(Ahead),
        Problem = Problem is { } p ? new(p.Category, p.Message, new(p.Event), p.Failures, p.Since, p.NextTry) : null,
    };
}

/// <summary>The stored form of its problem.</summary>
internal sealed record StoredProblem(
    [property: JsonPropertyName("category")] string Category,
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("event")] long Event,
    [property: JsonPropertyName("failures")] int Failures,
    [property: JsonPropertyName("since")] DateTimeOffset Since,
    [property: JsonPropertyName("nextTry")] DateTimeOffset NextTry);

/// <summary>How they are written.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredTenant[]))]
internal sealed partial class StoredTenants : JsonSerializerContext;
