using System.Collections.Immutable;
using Tidemark.Delivery;

namespace Tidemark.Testing.InMemory;

/// <summary>The keys of remote consumers, as one immutable value.</summary>
internal sealed record MemoryDeliveryKeys
{
    public static readonly MemoryDeliveryKeys Empty = new();

    /// <summary>How many changes there were.</summary>
    public long Change { get; init; }

    public ImmutableSortedDictionary<string, StoredDeliveryKey> Rows { get; private init; } =
        ImmutableSortedDictionary.Create<string, StoredDeliveryKey>(CodePointOrder.Instance);

    public MemoryDeliveryKeys With(StoredDeliveryKey key) => this with { Change = Change + 1, Rows = Rows.SetItem(key.Key.Id, key) };
}
