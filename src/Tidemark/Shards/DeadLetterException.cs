using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>A retry or a discard of a dead letter was refused; nothing was changed. The message says what to do.</summary>
public sealed class DeadLetterException : TidemarkException
{
    /// <summary>Tells why.</summary>
    public DeadLetterException(string message)
        : base(message)
    {
    }
}
