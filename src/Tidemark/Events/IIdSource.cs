namespace Tidemark.Events;

/// <summary>Makes event ids. Replace it in tests to make them predictable.</summary>
public interface IIdSource
{
    /// <summary>A new id, greater than the earlier ones in most cases (UUID version 7).</summary>
    Guid Next();
}

/// <summary>Time-ordered ids: they keep the index on event ids local.</summary>
internal sealed class TimeOrderedIds(TimeProvider time) : IIdSource
{
    public Guid Next() => Guid.CreateVersion7(time.GetUtcNow());
}
