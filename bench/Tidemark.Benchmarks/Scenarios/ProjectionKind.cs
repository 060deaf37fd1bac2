namespace Tidemark.Benchmarks.Scenarios;

/// <summary>What the projections of a scenario do.</summary>
internal enum ProjectionKind
{
    /// <summary>Nothing.</summary>
    Noop = 0,

    /// <summary>A document per stream.</summary>
    Aggregate = 1,

    /// <summary>A row per stream, written with a statement of its own for each event.</summary>
    Statements = 2,

    /// <summary>A document per stream, by a handler that computes something: 50 SHA-256 for each line, tens of microseconds.</summary>
    Computing = 3,
}
