namespace Tidemark.Webhooks;

/// <summary>What the status of an answer means.</summary>
internal enum WebhookAnswerKind
{
    /// <summary>No answer.</summary>
    None = 0,

    /// <summary>The events are processed.</summary>
    Done,

    /// <summary>The receiver takes nothing now; that is not about the events.</summary>
    Away,

    /// <summary>The receiver does not want these events.</summary>
    Refused,

    /// <summary>The receiver wants no events any more.</summary>
    Gone,
}
