namespace Tidemark.Control;

/// <summary>
/// An operator's command: a row that any process can write, every node obeys, and that stays as the record of who did what.
/// </summary>
/// <param name="Number">Its number; rising in the order of the requests.</param>
/// <param name="Action">What is asked.</param>
/// <param name="Target">A projection, a shard or a node, by name.</param>
/// <param name="Argument">What the action needs beside the target; null for nothing.</param>
/// <param name="RequestedBy">Who asked.</param>
/// <param name="RequestedAt">When, by the coordination database's clock.</param>
/// <param name="State">How far it is.</param>
/// <param name="Node">The node that took it; null while pending.</param>
/// <param name="Result">What came of it, for people; null until it ended.</param>
/// <param name="EndedAt">When it ended; null until then.</param>
public sealed record OperatorCommand(
    long Number,
    OperatorAction Action,
    string Target,
    string? Argument,
    string RequestedBy,
    DateTimeOffset RequestedAt,
    CommandState State,
    Guid? Node,
    string? Result,
    DateTimeOffset? EndedAt);
