namespace Tidemark.Protocol.Frames;

/// <summary>The names of frames and outcomes on the wire.</summary>
internal static class FrameNames
{
    public static string Of(AckOutcome outcome) => outcome switch
    {
        AckOutcome.Done => "done",
        AckOutcome.RetryAfter => "retryAfter",
        AckOutcome.Park => "park",
        AckOutcome.Skip => "skip",
        AckOutcome.Stop => "stop",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "An answer is done, retryAfter, park, skip or stop."),
    };

    public static AckOutcome? Outcome(string name) => name switch
    {
        "done" => AckOutcome.Done,
        "retryAfter" => AckOutcome.RetryAfter,
        "park" => AckOutcome.Park,
        "skip" => AckOutcome.Skip,
        "stop" => AckOutcome.Stop,
        _ => null,
    };

    public static string Of(TokenKeeping keeping) => keeping == TokenKeeping.Own ? "own" : "stored";

    public static TokenKeeping? Keeping(string name) => name switch
    {
        "own" => TokenKeeping.Own,
        "stored" => TokenKeeping.Stored,
        _ => null,
    };
}
