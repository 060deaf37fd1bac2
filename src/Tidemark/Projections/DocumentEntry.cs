using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>A document's state in memory.</summary>
internal sealed class DocumentEntry<TDocument>(DocumentKey key) : IDocumentStates
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

    // Before the page, then after each event of it that changed the document. Null when none did, or nobody asks.
    private List<(long Position, TDocument? Document)>? _states;

    /// <summary>Keeps what an event makes of the document. True for the first one of the page.</summary>
    public bool Keep(long position, TDocument? before, TDocument? after)
    {
        var first = _states is null;
        _states ??= [(0, before)];
        _states.Add((position, after));
        return first;
    }

    public object? After(Position position)
    {
        if (_states is null)
            return Document;
        var i = _states.Count - 1;
        while (i > 0 && _states[i].Position > position.Value)
            i--;
        return _states[i].Document;
    }

    public void ForgetStates() => _states = null;
}
