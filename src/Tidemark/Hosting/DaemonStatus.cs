using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Hosting;

/// <summary>The daemon as it stood at one moment.</summary>
/// <param name="IsRunning">Whether it runs in this process.</param>
/// <param name="Mark">The high-water mark.</param>
/// <param name="Last">The last position drawn; above the mark while an append is open.</param>
/// <param name="Shards">Its shards.</param>
public sealed record DaemonStatus(bool IsRunning, Position Mark, Position Last, IReadOnlyList<ShardStatus> Shards);
