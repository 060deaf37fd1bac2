namespace Tidemark.Projections;

/// <summary>
/// The documents of a shard that are in memory, in two ages: what was not touched during the younger one's time is dropped when it is full.
/// Only between commits, when nothing is dirty.
/// </summary>
internal sealed class DocumentCache<TDocument>(long bytesMax)
    where TDocument : class
{
    private Dictionary<DocumentKey, DocumentEntry<TDocument>> _younger = [];
    private Dictionary<DocumentKey, DocumentEntry<TDocument>> _older = [];
    private long _youngerBytes;
    private int _typicalJsonBytes = 200;

    /// <summary>Whether every document that exists is here, so that what is not here does not exist.</summary>
    public bool IsComplete { get; set; }

    /// <summary>The entry of a key. False when it is new here and its document must be loaded.</summary>
    public bool TryGet(DocumentKey key, out DocumentEntry<TDocument> entry)
    {
        if (_younger.TryGetValue(key, out entry!))
            return true;
        var known = _older.Remove(key, out entry!);
        entry = known ? entry : new DocumentEntry<TDocument>(key) { JsonBytes = _typicalJsonBytes };
        _younger.Add(key, entry);
        _youngerBytes += entry.Bytes;
        return known || IsComplete;
    }

    /// <summary>Notes the size of an entry's JSON; new entries are taken to be of about the size of the last ones.</summary>
    public void Weigh(DocumentEntry<TDocument> entry, int jsonBytes)
    {
        _youngerBytes += jsonBytes - entry.JsonBytes;
        entry.JsonBytes = jsonBytes;
        _typicalJsonBytes += (jsonBytes - _typicalJsonBytes) / 8;
    }

    /// <summary>Everything here is as the database has it: old entries may go.</summary>
    public void Trim()
    {
        if (_youngerBytes <= bytesMax / 2)
            return;
        if (_older.Count > 0 || _youngerBytes > bytesMax)
            IsComplete = false;
        if (_youngerBytes > bytesMax)
            _younger = [];
        _older = _younger;
        _younger = [];
        _youngerBytes = 0;
    }

    public void Clear()
    {
        _younger.Clear();
        _older.Clear();
        _youngerBytes = 0;
        IsComplete = false;
    }
}
