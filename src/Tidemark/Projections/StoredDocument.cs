using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>A document as stored.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Json">Its data, UTF-8 JSON.</param>
/// <param name="Version">The version of the last event applied, for single-stream projections; 0 otherwise.</param>
/// <param name="Position">The position of the last event applied.</param>
public readonly record struct StoredDocument(DocumentKey Key, ReadOnlyMemory<byte> Json, StreamVersion Version, Position Position);
