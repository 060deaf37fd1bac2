using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>An append went to an archived stream. Nothing was stored.</summary>
public sealed class StreamArchivedException : TidemarkException
{
    /// <summary>Tells of a refused append.</summary>
    public StreamArchivedException(TenantId tenant, StreamId stream)
        : base($"Stream '{stream}'{(tenant.IsDefault ? "" : $" of tenant '{tenant}'")} is archived and takes no events. Take it back " +
            $"with UnarchiveAsync first.")
        => Stream = stream;

    /// <summary>The stream.</summary>
    public StreamId Stream { get; }
}
