namespace Tidemark.Projections;

/// <summary>A document's state in memory.</summary>
internal sealed class DocumentEntry<TDocument>(DocumentKey key)
    where TDocument : class
{
    /// <summary>What an entry weighs beside its document, by estimate.</summary>
    public const int OwnBytes = 200;

    public DocumentKey Key { get; } = key;

    public TDocument? Document { get; set; }

    /// <summary>Whether the database holds a row for it.</summary>
    public bool IsStored { get; set; }

    /// <summary>Whether it changed since the last commit.</summary>
    public bool IsDirty { get; set; }

    public long Version { get; set; }

    public long Position { get; set; }

    /// <summary>The size of its JSON when last seen.</summary>
    public int JsonBytes { get; set; }

    public int Bytes => OwnBytes + JsonBytes;
}
