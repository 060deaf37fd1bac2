namespace Flights.Terminal;

/// <summary>How far a piece of work is.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Done">How much of it is done.</param>
/// <param name="Total">How much there is.</param>
/// <param name="Note">What else there is to say, such as a rate.</param>
internal sealed record ProgressSample(string Name, long Done, long Total, string Note = "")
{
    /// <summary>Whether nothing is left.</summary>
    public bool IsDone => Done >= Total;

    /// <summary>The part that is done, in percent, rounded down.</summary>
    public long Percent => Total <= 0 ? 100 : Math.Min(100, 100 * Done / Total);
}
