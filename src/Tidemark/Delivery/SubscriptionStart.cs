using System.Globalization;
using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>Where a new subscription begins. It counts once, when the subscription is made; afterwards its stored tokens do.</summary>
/// <param name="Position">The first position that is delivered; null when another part says.</param>
/// <param name="Moment">Events recorded at or after this moment are delivered; null when another part says.</param>
public sealed record SubscriptionStart(Position? Position, DateTimeOffset? Moment)
{
    /// <summary>With the first event of the log.</summary>
    public static SubscriptionStart Beginning { get; } = new(new Position(1), null);

    /// <summary>
    /// With the events that are appended from now on: every append that begins after the subscription was made is delivered, and nothing
    /// that was visible before it was asked for.
    /// </summary>
    public static SubscriptionStart End { get; } = new(null, null);

    /// <summary>With the event at this position, or the next one there is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is below 1.</exception>
    public static SubscriptionStart At(Position position) => position.Value >= 1
        ? new(position, null)
        : throw new ArgumentOutOfRangeException(nameof(position), position, "Positions begin with 1.");

    /// <summary>With the first event that the database recorded at or after a moment.</summary>
    public static SubscriptionStart Since(DateTimeOffset moment) => new(null, moment);

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">The text is no start.</exception>
    public static SubscriptionStart Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == nameof(End))
            return End;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position >= 1)
            return At(new Position(position));
        if (DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var moment))
            return Since(moment);
        throw new FormatException(
            $"'{text}' is no start: give a position from 1, a moment like 2026-01-31T12:00:00.0000000+00:00, or End.");
    }

    /// <summary>The position, the moment, or <c>End</c>.</summary>
    public override string ToString() =>
        Position?.Value.ToString(CultureInfo.InvariantCulture) ?? Moment?.ToString("O", CultureInfo.InvariantCulture) ?? nameof(End);
}
