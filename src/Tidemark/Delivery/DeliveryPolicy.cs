namespace Tidemark.Delivery;

/// <summary>How the events of a subscription are handed over, and what happens when that fails.</summary>
public sealed record DeliveryPolicy
{
    /// <summary>The most events of one batch. 500 by default; 1 to 10,000. After a crash at most one batch is delivered again.</summary>
    public int BatchEventsMax { get; init; } = 500;

    /// <summary>
    /// The most bytes of one batch by the stored size of its events; one event is delivered whatever its size. 1 MiB by default; 1 KiB to
    /// 64 MiB.
    /// </summary>
    public int BatchBytesMax { get; init; } = 1024 * 1024;

    /// <summary>How long a batch may wait for more events while there are some. None by default; up to 1 min.</summary>
    public TimeSpan BatchWaitMax { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// How many streams of a shard may be in a consumer's hands at once. 1 by default: events come one after the other in the order of the
    /// log. With more, events of different streams are handled beside each other, those of one stream still in order. At most 1,000. Only
    /// for consumers that take one event at a time.
    /// </summary>
    public int ParallelStreams { get; init; } = 1;

    /// <summary>
    /// How long one call may take, be it a delivery or the question for the token; a delivery then counts as a failed attempt. A consumer
    /// in the process that does not heed its cancellation token then runs on beside the next attempt. Null, the default, without a limit: a
    /// consumer that hangs holds up itself alone.
    /// </summary>
    public TimeSpan? CallTimeout { get; init; }

    /// <summary>
    /// How often an event is tried before <see cref="OnFailure"/>. Null, the default, without a limit: it is tried again with growing
    /// pauses, and the events behind it wait.
    /// </summary>
    public int? AttemptsMax { get; init; }

    /// <summary>What happens to an event that failed <see cref="AttemptsMax"/> times. By default the shard stops.</summary>
    public FailureAction OnFailure { get; init; }

    /// <summary>The pause after the first failed attempt; it doubles with each. 1 s by default; 1 ms to 1 h.</summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause between attempts. 1 min by default; at least <see cref="RetryMin"/>, at most 1 day.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The pause after so many failed attempts in a row, before chance makes it up to a fifth shorter.</summary>
    internal TimeSpan PauseAfter(int attempts)
    {
        var factor = Math.Pow(2, Math.Clamp(attempts - 1, 0, 40));
        return RetryMin.TotalMilliseconds * factor >= RetryMax.TotalMilliseconds ? RetryMax : RetryMin * factor;
    }

    internal IEnumerable<string> Validate()
    {
        if (BatchEventsMax is < 1 or > 10_000)
            yield return $"BatchEventsMax is {BatchEventsMax}; it must be 1 to 10,000.";
        if (BatchBytesMax is < 1024 or > 64 * 1024 * 1024)
            yield return $"BatchBytesMax is {BatchBytesMax}; it must be 1,024 to 67,108,864.";
        if (BatchWaitMax < TimeSpan.Zero || BatchWaitMax > TimeSpan.FromMinutes(1))
            yield return $"BatchWaitMax is {BatchWaitMax}; it must be 0 to 1 minute.";
        if (ParallelStreams is < 1 or > 1000)
            yield return $"ParallelStreams is {ParallelStreams}; it must be 1 to 1,000.";
        if (CallTimeout is { } timeout && (timeout < TimeSpan.FromMilliseconds(1) || timeout > TimeSpan.FromDays(1)))
            yield return $"CallTimeout is {timeout}; it must be 1 ms to 1 day, or not be set.";
        if (AttemptsMax < 1)
            yield return $"AttemptsMax is {AttemptsMax}; it must be at least 1, or not be set.";
        if (!Enum.IsDefined(OnFailure))
            yield return $"OnFailure is {OnFailure}; it must be Stop, Park or Skip.";
        if (RetryMin < TimeSpan.FromMilliseconds(1) || RetryMin > TimeSpan.FromHours(1))
            yield return $"RetryMin is {RetryMin}; it must be 1 ms to 1 hour.";
        if (RetryMax < RetryMin || RetryMax > TimeSpan.FromDays(1))
            yield return $"RetryMax is {RetryMax}; it must be at least RetryMin ({RetryMin}) and at most 1 day.";
    }
}
