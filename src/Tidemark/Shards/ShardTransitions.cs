namespace Tidemark.Shards;

/// <summary>
/// The transition table of a shard. Every state has an exit: no error leaves a shard where nothing but a restart of the process helps.
/// </summary>
/// <remarks>
/// <code>
/// Stopped ──► Starting ──► CatchingUp ◄──► Live
///    ▲           │  ▲          │            │
///    │           ▼  │          ▼            ▼
///    └───────── Paused ◄───────┴────────────┘        (and every state ──► Stopped)
/// </code>
/// Only the agent itself changes its state; a timer ends a pause, which leads through Starting and its handshake, and never moves a cursor.
/// </remarks>
public static class ShardTransitions
{
    private static readonly Dictionary<ShardState, ShardState[]> Table = new()
    {
        [ShardState.Stopped] = [ShardState.Starting],
        [ShardState.Starting] = [ShardState.CatchingUp, ShardState.Paused, ShardState.Stopped],
        [ShardState.CatchingUp] = [ShardState.Live, ShardState.Paused, ShardState.Stopped],
        [ShardState.Live] = [ShardState.CatchingUp, ShardState.Paused, ShardState.Stopped],
        [ShardState.Paused] = [ShardState.Starting, ShardState.Stopped],
    };

    /// <summary>The states that may follow a state.</summary>
    public static IReadOnlyList<ShardState> From(ShardState state) => Table[state];

    /// <summary>Whether one state may follow another.</summary>
    public static bool Allows(ShardState from, ShardState to) => Table[from].Contains(to);
}
