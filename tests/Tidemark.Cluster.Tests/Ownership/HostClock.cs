namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>The clock of a host that somebody sets: the time of day jumps, while timers and timestamps go on, as the kernel's do.</summary>
internal sealed class HostClock : TimeProvider
{
    private long _offset;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Volatile.Read(ref _offset));

    public void Jump(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);
}
