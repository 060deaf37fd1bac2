using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>A stream folded to its document.</summary>
/// <typeparam name="TDocument">The document type.</typeparam>
/// <param name="Stream">The stream.</param>
/// <param name="Document">The document; null when no event made one, or one deleted it.</param>
/// <param name="Version">The version of the last event folded; what an append that rests on it should expect.</param>
public sealed record Aggregate<TDocument>(StreamId Stream, TDocument? Document, StreamVersion Version)
    where TDocument : class;
