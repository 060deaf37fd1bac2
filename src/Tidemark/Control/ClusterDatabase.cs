using Tidemark.Events;

namespace Tidemark.Control;

/// <summary>An event database as it showed itself.</summary>
/// <param name="Name">Its name, as in shard names.</param>
/// <param name="Mark">The high-water mark.</param>
/// <param name="Last">The last position drawn; above the mark while an append is open.</param>
/// <param name="Problem">Why it could not be read; null when it could. The positions mean nothing then.</param>
public sealed record ClusterDatabase(string Name, Position Mark, Position Last, string? Problem);
