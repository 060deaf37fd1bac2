using Tidemark.Events;

namespace Tidemark.Storage;

/// <summary>The schema of an event database does not fit this version of the library.</summary>
public sealed class SchemaException : TidemarkException
{
    /// <summary>Tells what does not fit.</summary>
    public SchemaException(string message)
        : base(message)
    {
    }
}
