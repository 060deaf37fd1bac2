using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>
/// A shard's consumer cannot take events now, and says for how long: the agent pauses so long, and begins anew with a handshake. It is
/// about no single event that the agent could search for.
/// </summary>
public abstract class ConsumerException : TidemarkException
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="category">What it counts as.</param>
    /// <param name="pause">How long the shard pauses; null for growing pauses.</param>
    /// <param name="inner">What caused it.</param>
    private protected ConsumerException(string message, ErrorCategory category, TimeSpan? pause, Exception? inner = null)
        : base(message, inner)
    {
        Category = category;
        Pause = pause;
    }

    /// <summary>What it counts as.</summary>
    public ErrorCategory Category { get; }

    /// <summary>How long the shard pauses before it tries again; null for growing pauses.</summary>
    public TimeSpan? Pause { get; }

    /// <summary>Completes when trying again is worth it before the pause is over; null when nothing tells.</summary>
    internal Task? Until { get; init; }
}
