namespace Tidemark.Shards;

/// <summary>
/// How long the next pause is: it doubles with each failure in a row, up to a bound, with a little jitter so that shards do not return in
/// step.
/// </summary>
internal sealed class PauseClock(ShardOptions options, Random random)
{
    private static readonly TimeSpan OutageFirst = TimeSpan.FromMilliseconds(250);

    /// <summary>Failures in a row.</summary>
    public int Failures { get; set; }

    /// <summary>Something was committed.</summary>
    public void Succeeded() => Failures = 0;

    /// <summary>
    /// Counts a failure and returns its pause. An outage begins with a short one: the shard waits for the database's return besides.
    /// </summary>
    public TimeSpan Failed(bool outage)
    {
        Failures++;
        var first = outage ? OutageFirst : options.Pause;
        var max = outage ? options.Pause : options.PauseMax;
        var grown = Math.Min(max.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(Failures - 1, 30)));
        return TimeSpan.FromMilliseconds(grown * (0.9 + (0.2 * random.NextDouble())));
    }
}
