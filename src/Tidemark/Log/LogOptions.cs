namespace Tidemark.Log;

/// <summary>
/// Limits of appends and reads. What goes beyond a limit is refused with an error that names the limit; nothing is cut or dropped.
/// </summary>
public sealed class LogOptions
{
    /// <summary>The largest event, data and metadata together, in bytes. 1 MiB by default; 1 KiB to 64 MiB.</summary>
    public int EventBytesMax { get; set; } = 1024 * 1024;

    /// <summary>The most events in one append call. 10,000 by default; 1 to 100,000.</summary>
    public int AppendEventsMax { get; set; } = 10_000;

    /// <summary>The largest append call, in bytes. 16 MiB by default; 1 KiB to 256 MiB.</summary>
    public int AppendBytesMax { get; set; } = 16 * 1024 * 1024;

    /// <summary>The most appends that share one flush. 1,000 by default; 1 to 10,000.</summary>
    public int FlushAppendsMax { get; set; } = 1_000;

    /// <summary>A flush takes no further append once it holds this many bytes. 4 MiB by default; 1 KiB to 64 MiB.</summary>
    public int FlushBytesMax { get; set; } = 4 * 1024 * 1024;

    /// <summary>How many appends may wait for a flush; further callers wait to get in. 10,000 by default; 1 to 1,000,000.</summary>
    public int WaitingAppendsMax { get; set; } = 10_000;

    /// <summary>How many events a reader fetches in one round trip. 2,000 by default; 1 to 100,000.</summary>
    public int PageEventsMax { get; set; } = 2_000;

    /// <summary>A reader's page ends with the event at which it reaches this many bytes. 2 MiB by default; 1 KiB to 256 MiB.</summary>
    public int PageBytesMax { get; set; } = 2 * 1024 * 1024;

    internal IEnumerable<string> Validate()
    {
        if (Outside(EventBytesMax, 1024, 64 << 20) is { } a)
            yield return $"Log:EventBytesMax is {a}";
        if (Outside(AppendEventsMax, 1, 100_000) is { } b)
            yield return $"Log:AppendEventsMax is {b}";
        if (Outside(AppendBytesMax, 1024, 256 << 20) is { } c)
            yield return $"Log:AppendBytesMax is {c}";
        if (Outside(FlushAppendsMax, 1, 10_000) is { } d)
            yield return $"Log:FlushAppendsMax is {d}";
        if (Outside(FlushBytesMax, 1024, 64 << 20) is { } e)
            yield return $"Log:FlushBytesMax is {e}";
        if (Outside(WaitingAppendsMax, 1, 1_000_000) is { } f)
            yield return $"Log:WaitingAppendsMax is {f}";
        if (Outside(PageEventsMax, 1, 100_000) is { } g)
            yield return $"Log:PageEventsMax is {g}";
        if (Outside(PageBytesMax, 1024, 256 << 20) is { } h)
            yield return $"Log:PageBytesMax is {h}";
    }

    private static string? Outside(int value, int min, int max) => value < min || value > max ? $"{value}; it must be {min} to " +
        $"{max}." : null;
}
