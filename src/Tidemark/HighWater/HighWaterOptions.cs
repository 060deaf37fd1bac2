namespace Tidemark.HighWater;

/// <summary>How often the mark is looked at. These are about latency alone: none of them can make a reader skip an event.</summary>
public sealed class HighWaterOptions
{
    /// <summary>The longest wait between two looks while hints of other processes are received. 8 s by default; 10 ms to 10 min.</summary>
    public TimeSpan PollWithHints { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// The longest wait between two looks without hints. 1.5 s by default, reached from <see cref="PollBusy"/> by doubling, so that an
    /// idle node sends less than 60 statements a minute, heartbeats included; 10 ms to 10 min.
    /// </summary>
    public TimeSpan PollIdle { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The wait between two looks after the log moved, without hints. 20 ms by default; 1 ms to 1 min.</summary>
    public TimeSpan PollBusy { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// The wait between two looks while an open append holds the mark back. 5 ms by default, doubling up to <see cref="PollBusy"/>; 1 ms
    /// to 1 min.
    /// </summary>
    public TimeSpan PollHeld { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The shortest wait between two hints that this process sends. 10 ms by default; 1 ms to 1 min.</summary>
    public TimeSpan HintInterval { get; set; } = TimeSpan.FromMilliseconds(10);

    internal IEnumerable<string> Validate()
    {
        if (Outside(PollWithHints, 10, 600_000) is { } a)
            yield return $"HighWater:PollWithHints is {a}";
        if (Outside(PollIdle, 10, 600_000) is { } b)
            yield return $"HighWater:PollIdle is {b}";
        if (Outside(PollBusy, 1, 60_000) is { } c)
            yield return $"HighWater:PollBusy is {c}";
        if (Outside(PollHeld, 1, 60_000) is { } d)
            yield return $"HighWater:PollHeld is {d}";
        if (Outside(HintInterval, 1, 60_000) is { } e)
            yield return $"HighWater:HintInterval is {e}";
    }

    private static string? Outside(TimeSpan value, int minMs, int maxMs) =>
        value.TotalMilliseconds < minMs || value.TotalMilliseconds > maxMs ? $"{value}; it must be {minMs} ms to {maxMs} ms." : null;
}
