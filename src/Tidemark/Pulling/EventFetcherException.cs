using Tidemark.Events;

namespace Tidemark.Pulling;

/// <summary>A page of the log could not be read. The reader stays where it is and tries again.</summary>
public sealed class EventFetcherException : TidemarkException
{
    /// <summary>Tells of a failed read.</summary>
    public EventFetcherException(string database, Position after, Exception inner)
        : base($"The events after position {after} of database '{database}' could not be read: {inner.Message} The reader stays there " +
            $"and tries again.", inner)
        => After = after;

    /// <summary>The events after this position were wanted.</summary>
    public Position After { get; }

    /// <inheritdoc />
    public override bool IsTransient => true;
}
