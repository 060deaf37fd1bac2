namespace Tidemark.AspNetCore;

/// <summary>When a key was last known to count.</summary>
/// <param name="timestamp">A timestamp of the clock.</param>
internal sealed class KnownSince(long timestamp)
{
    /// <summary>A timestamp of the clock.</summary>
    public long Timestamp { get; set; } = timestamp;
}
