using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>Events for one stream, in an append to several.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Expected">What the append expects of it.</param>
/// <param name="Events">The events: objects of registered types, or <see cref="NewEvent"/>.</param>
public sealed record StreamEvents(StreamId Stream, ExpectedVersion Expected, IReadOnlyList<object> Events);
