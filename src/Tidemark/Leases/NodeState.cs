namespace Tidemark.Leases;

/// <summary>Whether a node takes shards.</summary>
public enum NodeState
{
    /// <summary>It takes shards.</summary>
    Active = 0,

    /// <summary>It gives its shards to others and takes none: it stops, or an operator drains it.</summary>
    Draining = 1,
}
