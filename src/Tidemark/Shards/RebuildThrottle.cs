using System.Diagnostics.CodeAnalysis;
using Tidemark.HighWater;

namespace Tidemark.Shards;

/// <summary>
/// Keeps shards that build a new generation from slowing the others of their node and event database down. Builds wait while a batch of
/// another shard is under way, and take only a share of the time: it is halved when such a batch took longer than
/// <see cref="ShardOptions.LiveDelayMax"/>, and grows again as long as none does. Without others at work, builds have all the time.
/// </summary>
/// <remarks>A build never waits for good: it always gets <see cref="ShardOptions.RebuildShareMin"/> of the time.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore's wait handle is never asked for, so it holds nothing to release.")]
internal sealed class RebuildThrottle(ShardOptions options, TimeProvider time)
{
    /// <summary>So long after the last batch with effects the others count as at work.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    /// <summary>The share is cut at most once, and raised at most once, in such a time.</summary>
    internal static readonly TimeSpan CutGap = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc cref="CutGap"/>
    internal static readonly TimeSpan RaiseGap = TimeSpan.FromSeconds(1);

    private const double Cut = 0.5;
    private const double Raise = 1.1;
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _commits = new(1);
    private readonly AsyncPulse _free = new();
    private int _others;
    private int _builds;
    private double _share = options.RebuildShareMin;
    private long? _worked;
    private long? _built;
    private long _cut;
    private long _raised;

    /// <summary>
    /// By which factor a build's commits are smaller than they may be: they shrink faster than the share of the time, as a large one keeps
    /// the database's disk from everybody, however long the pause behind it.
    /// </summary>
    public double CommitShare => Math.Pow(Share, 2);

    /// <summary>The share of the time that builds have now: 1 when nobody else is at work.</summary>
    public double Share
    {
        get
        {
            lock (_gate)
                return ShareNow();
        }
    }

    /// <summary>A batch begins. Returns when, for <see cref="End"/>.</summary>
    /// <param name="builds">Whether the shard builds a generation.</param>
    public long Begin(bool builds)
    {
        lock (_gate)
        {
            if (!builds)
                _others++;
            else if (_builds++ == 0 && (_built is not { } last || time.GetElapsedTime(last) > Quiet))
                Restart();
        }

        return time.GetTimestamp();
    }

    /// <summary>A batch has ended, well or not.</summary>
    /// <param name="builds">As it began.</param>
    /// <param name="began">When it began.</param>
    /// <param name="hadEffects">Whether it took effect; looking at events of others is no work.</param>
    public void End(bool builds, long began, bool hadEffects)
    {
        lock (_gate)
        {
            if (builds)
            {
                _builds--;
                _built = time.GetTimestamp();
                return;
            }

            _others--;
            if (hadEffects)
                Learn(time.GetElapsedTime(began));
        }

        _free.Fire();
    }

    /// <summary>
    /// After a piece of a build's work: waits so that builds keep to their share, and then for a batch of another shard to end.
    /// </summary>
    /// <param name="worked">How long the piece took.</param>
    /// <param name="stop">Ends the wait, without an exception.</param>
    public async ValueTask YieldAsync(TimeSpan worked, CancellationToken stop)
    {
        var pause = PauseAfter(worked);
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var free = _free.Next;
        if (Volatile.Read(ref _others) > 0 && options.RebuildShareMin < 1)
            await WaitAsync(free, options.LiveDelayMax, stop).ConfigureAwait(false);
    }

    /// <summary>Makes a build's commit: one at a time while others are at work.</summary>
    public async ValueTask CommitAsync(Func<CancellationToken, ValueTask> commit, CancellationToken cancellationToken)
    {
        var alone = Share < 1;
        if (alone)
            await _commits.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await commit(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (alone)
                _commits.Release();
        }
    }

    private TimeSpan PauseAfter(TimeSpan worked)
    {
        lock (_gate)
        {
            var share = ShareNow();
            if (share >= 1)
                return TimeSpan.Zero;
            var pause = worked * ((Math.Max(1, _builds) / share) - 1);
            return pause < PauseMax ? pause : PauseMax;
        }
    }

    // Nobody is to suffer before the right share is known: builds begin with the least, and so they do when others come back to work.
    private void Restart() => (_share, _raised) = (options.RebuildShareMin, time.GetTimestamp());

    private void Learn(TimeSpan delay)
    {
        var now = time.GetTimestamp();
        if (_worked is not { } last || time.GetElapsedTime(last, now) > Quiet)
            Restart();
        _worked = now;
        if (delay > options.LiveDelayMax)
        {
            if (_cut != 0 && time.GetElapsedTime(_cut, now) < CutGap)
                return;
            (_share, _cut, _raised) = (Math.Max(options.RebuildShareMin, _share * Cut), now, now);
        }
        else if (time.GetElapsedTime(_raised, now) >= RaiseGap)
        {
            (_share, _raised) = (Math.Min(1, _share * Raise), now);
        }
    }

    private double ShareNow() =>
        _worked is { } worked && time.GetElapsedTime(worked) <= Quiet ? _share : 1;

    private async ValueTask WaitAsync(Task until, TimeSpan most, CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(until, Task.Delay(most, time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }
}
