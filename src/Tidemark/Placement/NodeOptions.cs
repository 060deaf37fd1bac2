namespace Tidemark.Placement;

/// <summary>How a process takes part in the work of a cluster.</summary>
public sealed class NodeOptions
{
    /// <summary>The name that people see; the machine's name and the process id by default. At most 200 characters.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// How long a node counts as alive after its last heartbeat, by the coordination database's clock. After a crash its shards run
    /// elsewhere within this and one <see cref="Tick"/>. 10 s by default; 500 ms to 10 min.
    /// </summary>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The time between two heartbeats, each a tenth shorter or longer by chance. 4 s by default; 100 ms to half of
    /// <see cref="TimeToLive"/>.
    /// </summary>
    public TimeSpan Tick { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>This node's share of the work relative to other nodes. 100 by default; 1 to 10,000.</summary>
    public int Weight { get; set; } = 100;

    /// <summary>The most shards this node runs; null, the default, without a ceiling.</summary>
    public int? ShardsMax { get; set; }

    internal IEnumerable<string> Validate()
    {
        if (Name is { Length: 0 or > 200 })
            yield return "Node:Name must be 1 to 200 characters, or not be set.";
        if (TimeToLive < TimeSpan.FromMilliseconds(500) || TimeToLive > TimeSpan.FromMinutes(10))
            yield return $"Node:TimeToLive is {TimeToLive}; it must be 500 ms to 10 min.";
        if (Tick < TimeSpan.FromMilliseconds(100) || Tick > TimeToLive / 2)
            yield return $"Node:Tick is {Tick}; it must be 100 ms to half of Node:TimeToLive ({TimeToLive}).";
        if (Weight is < 1 or > 10_000)
            yield return $"Node:Weight is {Weight}; it must be 1 to 10,000.";
        if (ShardsMax < 0)
            yield return $"Node:ShardsMax is {ShardsMax}; it must be 0 or more, or not be set.";
    }
}
