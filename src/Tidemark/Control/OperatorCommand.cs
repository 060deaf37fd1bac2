using Tidemark.Events;

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
/// <param name="Result">What came of it, for people; null until it ended. Cut to <see cref="ResultCharsMax"/> characters.</param>
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
    DateTimeOffset? EndedAt)
{
    /// <summary>The longest target.</summary>
    public const int TargetCharsMax = 1_000;

    /// <summary>The longest argument.</summary>
    public const int ArgumentCharsMax = 10_000;

    /// <summary>The longest name of who asks.</summary>
    public const int RequestedByCharsMax = 200;

    /// <summary>The longest result; a longer one is cut.</summary>
    public const int ResultCharsMax = 2_000;

    /// <summary>For stores: refuses a request that no store could hold.</summary>
    /// <exception cref="ArgumentException">A text is empty, too long, or not well-formed; the message says which and why.</exception>
    public static void CheckRequest(OperatorAction action, string target, string? argument, string requestedBy)
    {
        if (!Enum.IsDefined(action))
            throw new ArgumentException($"{(int)action} is no operator action.", nameof(action));
        IdRules.Check(target, TargetCharsMax, "command's target", allowEmpty: false);
        IdRules.Check(requestedBy, RequestedByCharsMax, "requester's name", allowEmpty: false);
        if (argument is not null && (argument.Length > ArgumentCharsMax || StoredText.Fit(argument, ArgumentCharsMax) != argument))
        {
            throw new ArgumentException(
                $"A command's argument has at most {ArgumentCharsMax} characters, well-formed, without U+0000; this one has " +
                $"{argument.Length} characters.",
                nameof(argument));
        }
    }

    /// <summary>For stores: a result as it is stored.</summary>
    public static string FitResult(string result) => StoredText.Fit(result, ResultCharsMax);
}
