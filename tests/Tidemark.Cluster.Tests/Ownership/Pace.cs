using Tidemark.TestNode;

namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>How fast the nodes of a test beat.</summary>
internal static class Pace
{
    /// <summary>16 shards; beats as fast as a small machine can stand next to other tests.</summary>
    public static readonly NodeOptions Quick = new()
    {
        Partitions = 4,
        TickMilliseconds = 600,
        TimeToLiveMilliseconds = 2_000,
        IdleProgressMilliseconds = 250,
    };

    /// <summary>16 shards; beats as by default.</summary>
    public static readonly NodeOptions Default = new() { Partitions = 4, IdleProgressMilliseconds = 250 };
}
