namespace Tidemark.Leases;

/// <summary>A running process that takes part in the work: one row of the roster, alive until <see cref="ExpiresAt"/>.</summary>
/// <param name="Id">Its boot id: new at each start of the process, so that a restarted process never passes for its predecessor.</param>
/// <param name="Name">What people see; by default the machine's name and the process id.</param>
/// <param name="Host">
/// Identifies the machine's boot and the space of process ids, so that a node can tell that another one of the same host has ended.
/// </param>
/// <param name="ProcessId">The process id, valid within <paramref name="Host"/>.</param>
/// <param name="ProcessStartedAt">
/// When the process started, by its host's clock, in whole microseconds; tells a reused process id from the former one.
/// </param>
/// <param name="State">Whether it takes shards.</param>
/// <param name="Weight">Its share of the work, relative to other nodes; 100 by default.</param>
/// <param name="ShardsMax">The most shards it runs; null without a ceiling.</param>
/// <param name="Capabilities">What it can run.</param>
/// <param name="StartedAt">When it joined, by the coordination database's clock. Not used when writing.</param>
/// <param name="ExpiresAt">
/// Until when it counts as alive without a further heartbeat, by the coordination database's clock. Not used when writing.
/// </param>
public sealed record Node(
    Guid Id,
    string Name,
    string Host,
    int ProcessId,
    DateTimeOffset ProcessStartedAt,
    NodeState State,
    int Weight,
    int? ShardsMax,
    IReadOnlyList<Capability> Capabilities,
    DateTimeOffset StartedAt,
    DateTimeOffset ExpiresAt);
