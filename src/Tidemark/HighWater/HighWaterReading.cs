using Tidemark.Events;

namespace Tidemark.HighWater;

/// <summary>One reading of the mark.</summary>
/// <param name="Mark">The high-water mark.</param>
/// <param name="Last">The last position drawn by any append so far, committed or not. Above the mark only while an append is open.</param>
public readonly record struct HighWaterReading(Position Mark, Position Last);
