namespace Tidemark.Shards;

/// <summary>
/// How shards work. Commits grow while a shard catches up, within these bounds, and shrink to what there is when it is live.
/// </summary>
public sealed class ShardOptions
{
    /// <summary>The most events in one commit. 250,000 by default; 1 to 10,000,000.</summary>
    public int CommitEventsMax { get; set; } = 250_000;

    /// <summary>A commit is made once the changed documents reach this many bytes by estimate. 24 MiB by default; 1 KiB to 1 GiB.</summary>
    public long CommitBytesMax { get; set; } = 24L * 1024 * 1024;

    /// <summary>
    /// The longest time that events are gathered for one commit while catching up. 10 s by default; 1 ms to 10 min. A crash repeats at
    /// most this much work.
    /// </summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The same for projections that write through an open transaction of their own. 500 ms by default; 1 ms to 1 min.</summary>
    public TimeSpan OpenTransactionMax { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long progress past events that do not concern a shard may stay in memory before it is written. 5 s by default; 10 ms to 1 h.
    /// Lost progress is only read again.
    /// </summary>
    public TimeSpan IdleProgressInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The pause after an error that the retries did not cure; doubles up to <see cref="PauseMax"/>. 30 s by default; 10 ms to 1 h.
    /// </summary>
    public TimeSpan Pause { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause. 10 min by default; at least <see cref="Pause"/>, at most 1 day.</summary>
    public TimeSpan PauseMax { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>What to do with events that fail, for shards that keep a live read model.</summary>
    public ErrorOptions Errors { get; set; } = new();

    /// <summary>What to do with events that fail while a new generation is built.</summary>
    public ErrorOptions ErrorsWhileRebuilding { get; set; } = new();

    /// <summary>
    /// How many bytes of document state a node keeps in memory, by estimate, in equal shares for its shards: documents changed since the
    /// last commit, and those kept for the
    /// next. 128 MiB by default; 1 MiB to 64 GiB.
    /// </summary>
    public long StateBytesMax { get; set; } = 128L * 1024 * 1024;

    /// <summary>
    /// The least share of the time that shards which build a new generation work while others of their node have
    /// events to process. A tenth by default; 0.01 to 1. Raise it when a rebuild must not take long; with 1 rebuilds are not held back.
    /// </summary>
    public double RebuildShareMin { get; set; } = 0.1;

    /// <summary>
    /// From seeing events to their commit: when a shard beside a rebuild takes longer, or four times as long as is typical of batches
    /// that no rebuild disturbed, the rebuild gives way, down to <see cref="RebuildShareMin"/>. 20 ms by default; 1 ms to 1 min.
    /// </summary>
    public TimeSpan LiveDelayMax { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// How often an idle shard of a subscription compares tokens with its consumer (the state sync), each time up to a tenth early. For
    /// tokens that are stored here, one read serves all shards of an event database, every second time. 15 s by default; 10 ms to 1 h.
    /// </summary>
    public TimeSpan TokenSyncInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The same options with a shorter <see cref="IdleProgressInterval"/>; one that is shorter already stays.</summary>
    internal ShardOptions With(TimeSpan idleProgress)
    {
        var copy = (ShardOptions)MemberwiseClone();
        copy.IdleProgressInterval = idleProgress < IdleProgressInterval ? idleProgress : IdleProgressInterval;
        return copy;
    }

    /// <summary>The same options with a longer <see cref="IdleProgressInterval"/>; one that is longer already stays.</summary>
    internal ShardOptions WithLater(TimeSpan idleProgress)
    {
        var copy = (ShardOptions)MemberwiseClone();
        copy.IdleProgressInterval = idleProgress > IdleProgressInterval ? idleProgress : IdleProgressInterval;
        return copy;
    }

    /// <summary>
    /// The most parked streams of one shard; they are kept in memory. At one more the shard pauses. 10,000 by default; 1 to 1,000,000.
    /// </summary>
    public int ParkedStreamsMax { get; set; } = 10_000;

    /// <summary>
    /// The turn of a tenant that was left behind: after so many of its events it commits, when others wait. Those others have a turn of
    /// as many events after each. 2,000 by default; 1 to 1,000,000.
    /// </summary>
    public int TurnEventsMax { get; set; } = 2_000;

    /// <summary>
    /// Weights of tenants, by name: the turn of a tenant that was left behind holds so many times <see cref="TurnEventsMax"/>. A tenant
    /// that is not named has 1. 0.01 to 100.
    /// </summary>
    public Dictionary<string, double> TenantWeights { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// The most tenants that one shard leaves behind at a time. At one more that fails the shard pauses for all; at one more that floods
    /// it goes on in the order of the log. 100 by default; 0 to 1,000. With 0 no tenant is left behind.
    /// </summary>
    public int TenantsBehindMax { get; set; } = 100;

    internal IEnumerable<string> Validate()
    {
        if (TurnEventsMax is < 1 or > 1_000_000)
            yield return $"Shards:TurnEventsMax is {TurnEventsMax}; it must be 1 to 1,000,000.";
        if (TenantsBehindMax is < 0 or > 1_000)
            yield return $"Shards:TenantsBehindMax is {TenantsBehindMax}; it must be 0 to 1,000.";
        foreach (var (tenant, weight) in TenantWeights.Where(w => !(w.Value is >= 0.01 and <= 100)))
            yield return $"Shards:TenantWeights:{tenant} is {weight}; it must be 0.01 to 100.";
        if (ParkedStreamsMax is < 1 or > 1_000_000)
            yield return $"Shards:ParkedStreamsMax is {ParkedStreamsMax}; it must be 1 to 1,000,000.";
        if (!(RebuildShareMin is >= 0.01 and <= 1))
            yield return $"Shards:RebuildShareMin is {RebuildShareMin}; it must be 0.01 to 1.";
        if (Outside(LiveDelayMax, 1, 60_000) is { } e)
            yield return $"Shards:LiveDelayMax is {e}";
        if (CommitEventsMax is < 1 or > 10_000_000)
            yield return $"Shards:CommitEventsMax is {CommitEventsMax}; it must be 1 to 10,000,000.";
        if (CommitBytesMax is < 1024 or > 1L << 30)
            yield return $"Shards:CommitBytesMax is {CommitBytesMax}; it must be 1,024 to 1,073,741,824.";
        if (Outside(CommitInterval, 1, 600_000) is { } a)
            yield return $"Shards:CommitInterval is {a}";
        if (Outside(OpenTransactionMax, 1, 60_000) is { } b)
            yield return $"Shards:OpenTransactionMax is {b}";
        if (Outside(IdleProgressInterval, 10, 3_600_000) is { } c)
            yield return $"Shards:IdleProgressInterval is {c}";
        if (Outside(Pause, 10, 3_600_000) is { } d)
            yield return $"Shards:Pause is {d}";
        if (PauseMax < Pause || PauseMax > TimeSpan.FromDays(1))
            yield return $"Shards:PauseMax is {PauseMax}; it must be at least Shards:Pause ({Pause}) and at most 1 day.";
        if (Outside(TokenSyncInterval, 10, 3_600_000) is { } f)
            yield return $"Shards:TokenSyncInterval is {f}";
        if (StateBytesMax is < 1 << 20 or > 64L << 30)
            yield return $"Shards:StateBytesMax is {StateBytesMax}; it must be 1 MiB to 64 GiB.";
    }

    private static string? Outside(TimeSpan value, int minMs, int maxMs) =>
        value.TotalMilliseconds < minMs || value.TotalMilliseconds > maxMs ? $"{value}; it must be {minMs} ms to {maxMs} ms." : null;
}
