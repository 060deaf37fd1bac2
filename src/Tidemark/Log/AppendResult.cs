using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>Where an append's events are.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">The version of the last of them.</param>
/// <param name="First">The position of the first of them.</param>
/// <param name="Last">The position of the last of them; a projection that has passed it shows them.</param>
/// <param name="WasStoredBefore">
/// Whether events with these ids were stored already by an earlier call, so that this one stored nothing.
/// </param>
public sealed record AppendResult(StreamId Stream, StreamVersion Version, Position First, Position Last, bool WasStoredBefore);
