namespace Tidemark.Protocol.Frames;

/// <summary>Client: the outcome of a delivery.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Number">The number of the delivery.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Through">The last event that is processed; null for all (done) or none (the others).</param>
/// <param name="RetryAfterMs">For <see cref="AckOutcome.RetryAfter"/>: the shortest wait, in milliseconds; null or 0 leaves it to the
/// subscription.</param>
/// <param name="Reason">Why; needed unless it is done.</param>
public sealed record AckFrame(
    string Partition, long Number, AckOutcome Outcome, long? Through = null, long? RetryAfterMs = null, string? Reason = null) : Frame;
