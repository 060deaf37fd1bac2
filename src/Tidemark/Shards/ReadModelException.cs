using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>A stored document does not fit the projection's document type. The shard pauses; no event is at fault.</summary>
public sealed class ReadModelException : TidemarkException
{
    /// <summary>Tells of the document.</summary>
    public ReadModelException(string projection, string key, Type document, Exception inner)
        : base(
            $"The document '{key}' of projection '{projection}' could not be read as {document.Name}: {inner.Message} " +
            "If the document type changed, raise the projection's Version, and its read model is built anew.",
            inner)
    {
    }
}
