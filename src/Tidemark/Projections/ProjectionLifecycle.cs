namespace Tidemark.Projections;

/// <summary>When a projection is applied.</summary>
public enum ProjectionLifecycle
{
    /// <summary>
    /// By the daemon, after the append. Readers see it a moment later; see the daemon's wait helpers to read your own write.
    /// </summary>
    Async = 0,

    /// <summary>In the append's own transaction. Readers see it with the events; the append pays for it.</summary>
    Inline = 1,

    /// <summary>Not stored: folded from the stream when asked for. Single-stream projections only.</summary>
    Live = 2,
}
