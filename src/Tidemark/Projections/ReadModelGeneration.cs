namespace Tidemark.Projections;

/// <summary>One build of a read model, as the database knows it.</summary>
/// <param name="Projection">The projection's name.</param>
/// <param name="Generation">Which build, from 1.</param>
/// <param name="Version">The version of the projection's code it is built by.</param>
/// <param name="State">What it is for.</param>
public sealed record ReadModelGeneration(string Projection, int Generation, int Version, GenerationState State);

/// <summary>What a generation is for.</summary>
public enum GenerationState
{
    /// <summary>Readers do not see it yet.</summary>
    Building = 0,

    /// <summary>Readers see it, through the view.</summary>
    Live = 1,

    /// <summary>Readers no longer see it; its tables are gone or may be dropped.</summary>
    Retired = 2,
}
