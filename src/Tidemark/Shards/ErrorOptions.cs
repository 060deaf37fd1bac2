namespace Tidemark.Shards;

/// <summary>What a shard does with events that fail. The default never drops: the shard pauses before the event.</summary>
public sealed record ErrorOptions
{
    /// <summary>The projection's code failed on the event.</summary>
    public ErrorAction Apply { get; init; } = ErrorAction.Pause;

    /// <summary>The event's JSON could not be decoded.</summary>
    public ErrorAction Serialization { get; init; } = ErrorAction.Pause;

    /// <summary>The event's type is not registered, in a projection that takes every type.</summary>
    public ErrorAction UnknownType { get; init; } = ErrorAction.Pause;

    internal ErrorAction For(ErrorCategory category) => category switch
    {
        ErrorCategory.Apply => Apply,
        ErrorCategory.Serialization => Serialization,
        ErrorCategory.UnknownType => UnknownType,
        _ => ErrorAction.Pause,
    };
}
