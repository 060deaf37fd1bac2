namespace Tidemark.Benchmarks.Measuring;

/// <summary>Garbage collections so far, or during a stretch.</summary>
/// <param name="Youngest">Of generation 0 alone.</param>
/// <param name="Middle">Up to generation 1.</param>
/// <param name="Full">Up to generation 2.</param>
/// <param name="Pause">How long threads were stopped for them.</param>
internal readonly record struct GarbageCollections(int Youngest, int Middle, int Full, TimeSpan Pause)
{
    /// <summary>Those of this process so far.</summary>
    public static GarbageCollections SoFar() =>
        new(GC.CollectionCount(0) - GC.CollectionCount(1), GC.CollectionCount(1) - GC.CollectionCount(2), GC.CollectionCount(2),
            GC.GetTotalPauseDuration());

    /// <summary>Those since an earlier moment.</summary>
    public GarbageCollections Since(GarbageCollections earlier) =>
        new(Youngest - earlier.Youngest, Middle - earlier.Middle, Full - earlier.Full, Pause - earlier.Pause);
}
