namespace Tidemark.Shards;

/// <summary>What a retry or a discard did.</summary>
/// <param name="EventsApplied">How many events took effect; 0 when the answer of the commit was lost, and it was looked up instead.</param>
/// <param name="Failed">The dead letter of the event that failed now, with its error; null when nothing is left to do.</param>
public sealed record DeadLetterOutcome(long EventsApplied, DeadLetter? Failed)
{
    /// <summary>Whether nothing waits any more.</summary>
    public bool IsSettled => Failed is null;
}
