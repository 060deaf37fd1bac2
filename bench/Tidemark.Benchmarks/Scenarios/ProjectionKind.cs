namespace Tidemark.Benchmarks.Scenarios;

/// <summary>What the projections of a scenario do.</summary>
internal enum ProjectionKind
{
    /// <summary>Nothing.</summary>
    Noop = 0,

    /// <summary>A document per stream.</summary>
    Aggregate = 1,
}
