using Tidemark.Checkpoints;

namespace Tidemark.Delivery.Sessions;

/// <summary>What came back for an offer: an outcome, or the token of a consumer that stands elsewhere and processed nothing.</summary>
internal readonly record struct DeliveryAnswer
{
    private DeliveryAnswer(DeliveryOutcome outcome, HandshakeToken? standsAt)
    {
        Outcome = outcome;
        StandsAt = standsAt;
    }

    /// <summary>The outcome; none when the consumer stands elsewhere.</summary>
    public DeliveryOutcome Outcome { get; }

    /// <summary>Where the consumer stands, if not where it was offered to go on.</summary>
    public HandshakeToken? StandsAt { get; }

    /// <summary>The consumer processed the batch, with this outcome.</summary>
    public static DeliveryAnswer Of(DeliveryOutcome outcome) => new(outcome, null);

    /// <summary>The consumer stands at another token than the offered one, and processed nothing.</summary>
    public static DeliveryAnswer Elsewhere(HandshakeToken token) => new(default, token);
}
