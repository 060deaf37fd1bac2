using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>
/// What a consumer answers to a delivery. <see cref="Done"/> says that all of it is processed. The others may say up to which event
/// (<c>through</c>, inclusive)
/// the events are processed, and are about the first event after that; without it, about the first event of the delivery.
/// Nothing is left out without a record: <see cref="Park"/> and <see cref="Skip"/> write a dead letter with the reason.
/// </summary>
public readonly record struct DeliveryOutcome
{
    private DeliveryOutcome(DeliveryOutcomeKind kind, Position? through, TimeSpan delay, string? reason)
    {
        if (through is { Value: < 1 })
            throw new ArgumentOutOfRangeException(
                nameof(through), through, "It is the position of the last event that is processed, from 1; null when there is none.");
        Kind = kind;
        Through = through;
        Delay = delay;
        Reason = reason;
    }

    /// <summary>All events of the delivery are processed.</summary>
    public static DeliveryOutcome Done => new(DeliveryOutcomeKind.Done, null, TimeSpan.Zero, null);

    /// <summary>Which of the outcomes it is.</summary>
    public DeliveryOutcomeKind Kind { get; }

    /// <summary>The last event that is processed; null for all of them (<see cref="Done"/>) or for none (the others).</summary>
    public Position? Through { get; }

    /// <summary>How long to wait before the event is handed over again; zero leaves it to the subscription's back-off.</summary>
    public TimeSpan Delay { get; }

    /// <summary>Why the event is not processed; null when all is done.</summary>
    public string? Reason { get; }

    /// <summary>The events up to this position are processed; the rest is to be delivered again.</summary>
    public static DeliveryOutcome DoneThrough(Position position) => new(DeliveryOutcomeKind.Done, position, TimeSpan.Zero, null);

    /// <summary>The next event is to be handed over again after a while. It counts as an attempt of the subscription's policy.</summary>
    /// <param name="delay">The shortest wait; zero leaves it to the subscription's back-off. Not negative.</param>
    /// <param name="reason">Why, for the status view.</param>
    /// <param name="through">The last event that is processed; null for none.</param>
    public static DeliveryOutcome RetryAfter(TimeSpan delay, string reason, Position? through = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new(DeliveryOutcomeKind.RetryAfter, through, delay, reason);
    }

    /// <summary>The next event becomes a dead letter, and later events of its stream wait behind it, in order. All other streams go
    /// on.</summary>
    /// <param name="reason">Why; kept with the dead letter.</param>
    /// <param name="through">The last event that is processed; null for none.</param>
    public static DeliveryOutcome Park(string reason, Position? through = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new(DeliveryOutcomeKind.Park, through, TimeSpan.Zero, reason);
    }

    /// <summary>The next event becomes a dead letter, and later events of its stream go on.</summary>
    /// <param name="reason">Why; kept with the dead letter.</param>
    /// <param name="through">The last event that is processed; null for none.</param>
    public static DeliveryOutcome Skip(string reason, Position? through = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new(DeliveryOutcomeKind.Skip, through, TimeSpan.Zero, reason);
    }

    /// <summary>The subscription stops before the next event, durably and visibly, until an operator resumes it.</summary>
    /// <param name="reason">Why, for the operator.</param>
    /// <param name="through">The last event that is processed; null for none.</param>
    public static DeliveryOutcome Stop(string reason, Position? through = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new(DeliveryOutcomeKind.Stop, through, TimeSpan.Zero, reason);
    }
}
