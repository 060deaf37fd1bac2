using System.Collections.Frozen;

namespace Tidemark.Events;

/// <summary>What is known about an event beside its data. All of it is optional.</summary>
public sealed record EventMetadata
{
    /// <summary>No metadata.</summary>
    public static readonly EventMetadata None = new();

    /// <summary>Ties together everything that one request or process caused.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The id of the command or event that directly caused this event.</summary>
    public string? CausationId { get; init; }

    /// <summary>Who did it: a user, a service.</summary>
    public string? Actor { get; init; }

    /// <summary>The W3C trace context of the append (<c>traceparent</c>). Filled from the current activity when not given.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Free key-value pairs of the application.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = FrozenDictionary<string, string>.Empty;
}
