using Tidemark.Events;

namespace Tidemark.Testing.InMemory;

/// <summary>A stream: where its events are in the log (the event of version v at index v - 1), and whether it is archived.</summary>
internal sealed record MemoryStreamRow(AppendOnly<int> Indexes, bool IsArchived)
{
    public StreamVersion Version => new(Indexes.Count);
}
