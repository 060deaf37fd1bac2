namespace Tidemark.Pulling;

/// <summary>
/// The union of the event types that the readers of a node need, so that the log is read once, with one filter, for all of them. It only
/// grows while a reader is
/// registered; each growth is a new edition, and pages read for an older edition serve no new reads.
/// </summary>
internal sealed class Interests
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _readersByType = new(StringComparer.Ordinal);
    private int _readersOfAll;
    private int _readersOfJson;
    private int _readersOfData;
    private Edition _current = new(0, [], KeepsJson: false, Decodes: false);

    /// <summary>An edition of the union.</summary>
    /// <param name="Number">Its number.</param>
    /// <param name="Types">The stored type names; null for all.</param>
    /// <param name="KeepsJson">Whether a reader needs the stored JSON.</param>
    /// <param name="Decodes">Whether a reader needs the decoded objects.</param>
    public sealed record Edition(int Number, IReadOnlyList<string>? Types, bool KeepsJson, bool Decodes);

    public Edition Current => Volatile.Read(ref _current);

    /// <summary>Adds a reader's types; null for all. Returns whether the union grew.</summary>
    public bool Add(IReadOnlyCollection<string>? types, bool needsJson = false, bool needsData = true)
    {
        lock (_gate)
        {
            var grew = needsJson && _readersOfJson++ == 0;
            grew |= needsData && _readersOfData++ == 0;
            if (types is null)
            {
                grew |= _readersOfAll++ == 0;
            }
            else
            {
                foreach (var type in types)
                {
                    grew |= !_readersByType.TryGetValue(type, out var readers) && _readersOfAll == 0;
                    _readersByType[type] = readers + 1;
                }
            }

            if (grew)
                Publish();
            return grew;
        }
    }

    /// <summary>Takes a reader's types out again. What was read for more than is needed now stays valid.</summary>
    public void Remove(IReadOnlyCollection<string>? types, bool needsJson = false, bool needsData = true)
    {
        lock (_gate)
        {
            if (needsJson)
                _readersOfJson--;
            if (needsData)
                _readersOfData--;
            if (types is null)
                _readersOfAll--;
            foreach (var type in types ?? [])
            {
                if (--_readersByType[type] == 0)
                    _readersByType.Remove(type);
            }
        }
    }

    private void Publish() =>
        Volatile.Write(ref _current, new(_current.Number + 1, _readersOfAll > 0
            ? null : [.. _readersByType.Keys.Order(StringComparer.Ordinal)], _readersOfJson > 0, _readersOfData > 0));
}
