namespace Tidemark.Cluster.Tests.Ownership;

/// <summary>Tests that need the machine for themselves: beside others they would starve the heartbeats of these.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
