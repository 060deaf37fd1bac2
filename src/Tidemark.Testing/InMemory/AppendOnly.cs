namespace Tidemark.Testing.InMemory;

/// <summary>
/// A list that only grows, as a value: adding makes a longer one, and the shorter ones stay as they were. The array is shared between them,
/// which is sound because the database admits one writer at a time: an element beyond a reader's count may be written over after a
/// rollback, but nobody looks there.
/// </summary>
internal readonly struct AppendOnly<T>
{
    private readonly T[]? _items;

    private AppendOnly(T[] items, int count)
    {
        _items = items;
        Count = count;
    }

    public int Count { get; }

    public T this[int index] => index < Count ? _items![index] : throw new ArgumentOutOfRangeException(nameof(index));

    public AppendOnly<T> Add(T item)
    {
        var items = _items ?? new T[4];
        if (Count == items.Length)
            Array.Resize(ref items, Count * 2);
        items[Count] = item;
        return new(items, Count + 1);
    }
}
