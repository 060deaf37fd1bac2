using Tidemark.Protocol;

namespace Tidemark.Client;

/// <summary>What a consumer answers to a delivery. <c>default</c> is <see cref="Done"/>.</summary>
public readonly record struct ConsumerOutcome
{
    private ConsumerOutcome(AckOutcome kind, long? through, TimeSpan delay, string? reason) =>
        (Kind, Through, Delay, Reason) = (kind, through, delay, reason);

    /// <summary>All is processed.</summary>
    public static ConsumerOutcome Done => default;

    /// <summary>Which of the outcomes it is.</summary>
    public AckOutcome Kind { get; }

    /// <summary>The position of the last event that is processed; null for all (done) or none (the others).</summary>
    public long? Through { get; }

    /// <summary>The shortest wait for another try; zero leaves it to the subscription.</summary>
    public TimeSpan Delay { get; }

    /// <summary>Why; null when it is done.</summary>
    public string? Reason { get; }

    /// <summary>Where the consumer stands instead, and so changed nothing; null when it stood at the offered token.</summary>
    public WireToken? Elsewhere { get; private init; }

    /// <summary>The events up to a position are processed; the rest comes again.</summary>
    public static ConsumerOutcome DoneThrough(long position) => new(AckOutcome.Done, position, default, null);

    /// <summary>The next event comes again after a while.</summary>
    public static ConsumerOutcome RetryAfter(TimeSpan delay, string reason, long? through = null) =>
        Because(AckOutcome.RetryAfter, reason, through, delay);

    /// <summary>The next event becomes a dead letter; later ones of its stream wait behind it.</summary>
    public static ConsumerOutcome Park(string reason, long? through = null) => Because(AckOutcome.Park, reason, through, default);

    /// <summary>The next event becomes a dead letter and its stream goes on.</summary>
    public static ConsumerOutcome Skip(string reason, long? through = null) => Because(AckOutcome.Skip, reason, through, default);

    /// <summary>The subscription is faulted until an operator resumes it.</summary>
    public static ConsumerOutcome Stop(string reason, long? through = null) => Because(AckOutcome.Stop, reason, through, default);

    /// <summary>With tokens of its own: the store holds another token than the offered one, and nothing was changed.</summary>
    public static ConsumerOutcome StandsAt(WireToken token) => new() { Elsewhere = token };

    private static ConsumerOutcome Because(AckOutcome kind, string reason, long? through, TimeSpan delay)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return new(kind, through, delay, reason[..Math.Min(reason.Length, DeliveryProtocol.ReasonCharactersMax)]);
    }
}
