namespace Tidemark.Control;

/// <summary>A node as its row in the roster shows it.</summary>
/// <param name="Id">Its boot id: new at each start of the process.</param>
/// <param name="Name">What people call it.</param>
/// <param name="State">
/// For people: <c>active</c>; <c>draining</c>, it gives its shards to others; <c>expired</c>, its heartbeats have stopped for too long.
/// </param>
/// <param name="Shards">How many shards it owns; those of an expired node wait for others to take them.</param>
/// <param name="ShardsMax">The most shards it runs; null without a ceiling.</param>
/// <param name="StartedAt">When it joined, by the coordination database's clock.</param>
/// <param name="ExpiresAt">
/// Until when it counts as alive without a further heartbeat, by the same clock. Each heartbeat moves it to the time of the heartbeat plus
/// the node's time to live.
/// </param>
public sealed record ClusterNode(
    Guid Id, string Name, string State, int Shards, int? ShardsMax, DateTimeOffset StartedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>A <see cref="State"/>: it takes shards.</summary>
    public const string Active = "active";

    /// <summary>A <see cref="State"/>: it gives its shards to others and takes none.</summary>
    public const string Draining = "draining";

    /// <summary>A <see cref="State"/>: it is not alive.</summary>
    public const string Expired = "expired";
}
