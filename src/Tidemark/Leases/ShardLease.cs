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
    /// <summary>The <see cref="Version"/> of the shards of a subscription that code of the application consumes.</summary>
    public const int InProcessVersion = 0;

    /// <summary>The version in the leases of a subscription whose consumers connect.</summary>
    public const int RemoteVersion = -1;

    /// <summary>The version in the leases of a subscription that is posted by HTTP.</summary>
    public const int WebhookVersion = -2;

    /// <summary>
    /// Whether it is a shard of a subscription. Those have versions that no projection has, one for each kind of consumer.
    /// </summary>
    public bool IsSubscription => Version <= InProcessVersion;

    /// <summary>
    /// What a node must be able to run for this shard: the projection or subscription, or any subscription of a kind that needs no code of
    /// the application.
    /// </summary>
    public Capability Needs => Version < InProcessVersion ? Capability.OfKind(Version) : new(Shard.Projection, Version);
}
