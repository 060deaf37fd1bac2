using Tidemark.Leases;

namespace Tidemark.Placement;

/// <summary>Everything placement depends on; equal inputs give equal plans on every node.</summary>
/// <param name="Nodes">The nodes that are alive.</param>
/// <param name="Shards">The shards that are to run.</param>
internal sealed record PlacementInput(IReadOnlyList<PlacementNode> Nodes, IReadOnlyList<PlacementShard> Shards);

/// <summary>A node to place on.</summary>
/// <param name="Id">The node.</param>
/// <param name="Weight">Its share relative to the others; at least 1.</param>
/// <param name="ShardsMax">The most shards it runs; null without a ceiling.</param>
/// <param name="IsDraining">It takes none, and loses those it has when another node can run them.</param>
/// <param name="Capabilities">What it can run.</param>
internal sealed record PlacementNode(
    Guid Id, int Weight, int? ShardsMax, bool IsDraining, IReadOnlySet<Capability> Capabilities);

/// <summary>A shard to place.</summary>
/// <param name="Name">The shard.</param>
/// <param name="Group">Shards of one group go to one node; null for none.</param>
/// <param name="Needs">What its node must be able to run.</param>
/// <param name="Load">What it weighs; 1 for an ordinary one.</param>
/// <param name="Owner">The living node that has it; null for none.</param>
/// <param name="Pin">The node an operator moved it to; ignored when that node cannot run it.</param>
internal sealed record PlacementShard(ShardName Name, string? Group, Capability Needs, int Load, Guid? Owner, Guid? Pin);
