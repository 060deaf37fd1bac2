using Tidemark.Events;

namespace Tidemark.Leases;

/// <summary>
/// A shard as the coordination database knows it: that it is to run, who may run it, and under which epoch. A lease is valid while its
/// owner's row in the roster lives.
/// </summary>
/// <param name="Shard">The shard.</param>
/// <param name="Group">Shards of one group run on one node; null for none.</param>
/// <param name="Version">The version of the projection's code that builds this generation.</param>
/// <param name="State">Whether it is to run.</param>
/// <param name="Owner">The node that may run it; null when it was released, or never claimed.</param>
/// <param name="Epoch">Rises with each claim; the owner's writes carry it.</param>
/// <param name="Pin">The node an operator moved it to; it stays there while that node can run it. Null for none.</param>
/// <param name="Problem">What its owner, or its last one, reported; null when all is well, and after a claim.</param>
public sealed record ShardLease(
    ShardName Shard, string? Group, int Version, LeaseState State, Guid? Owner, Epoch Epoch, Guid? Pin, ShardProblem? Problem)
{
    /// <summary>What a node must be able to run for this shard.</summary>
    public Capability Needs => new(Shard.Projection, Version);
}
