using Tidemark.Checkpoints;
using Tidemark.HighWater;
using Tidemark.Log;

namespace Tidemark.Control;

/// <summary>The ports of an event database that its status is read from.</summary>
/// <param name="Database">Its name.</param>
/// <param name="IsMain">Whether it is the coordination database: without that there is no status.</param>
/// <param name="Checkpoints">Its checkpoints.</param>
/// <param name="Marks">Its high-water mark.</param>
/// <param name="Log">Its log.</param>
internal sealed record StatusSource(
    string Database, bool IsMain, ICheckpointStore Checkpoints, IHighWaterSource Marks, IEventLog Log);
