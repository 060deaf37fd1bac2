namespace Tidemark.Log;

/// <summary>An event ready to be stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="TypeName">The registered name of its type.</param>
/// <param name="Json">Its data, UTF-8 JSON.</param>
/// <param name="MetadataJson">Its metadata, UTF-8 JSON; null for none.</param>
public readonly record struct EncodedEvent(Guid Id, string TypeName, byte[] Json, byte[]? MetadataJson)
{
    /// <summary>What the event weighs against the limits, in bytes.</summary>
    public int Bytes => Json.Length + (MetadataJson?.Length ?? 0);
}
