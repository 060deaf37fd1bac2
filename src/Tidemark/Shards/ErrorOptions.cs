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

    /// <summary>The same, with <see cref="ErrorAction.Pause"/> in place of <see cref="ErrorAction.Park"/>.</summary>
    internal ErrorOptions WithoutPark() => new()
    {
        Apply = Unparked(Apply),
        Serialization = Unparked(Serialization),
        UnknownType = Unparked(UnknownType),
    };

    private static ErrorAction Unparked(ErrorAction action) => action == ErrorAction.Park ? ErrorAction.Pause : action;

    internal ErrorAction For(ErrorCategory category) => category switch
    {
        ErrorCategory.Apply => Apply,
        ErrorCategory.Serialization => Serialization,
        ErrorCategory.UnknownType => UnknownType,
        _ => ErrorAction.Pause,
    };
}
