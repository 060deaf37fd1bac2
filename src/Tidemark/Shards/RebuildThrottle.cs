using System.Diagnostics.CodeAnalysis;
using Tidemark.HighWater;

namespace Tidemark.Shards;

/// <summary>
/// Keeps shards that build a new generation from slowing the others of their node down. While others are at work, builds work in pieces
/// that take a few times as long as the others' batches do, wait for those that are under way, and take only a share of the time: it is
/// halved when a batch of another shard took too long, and grows again as long as none does. Without others at work, builds have all the
/// time, and no pieces.
/// </summary>
/// <remarks>
/// Too long is <see cref="ShardOptions.LiveDelayMax"/>, and <see cref="TooLong"/> times of what is typical of batches that no build
/// disturbed, if that is less. A build never waits for good: it always gets <see cref="ShardOptions.RebuildShareMin"/> of the time.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore's wait handle is never asked for, so it holds nothing to release.")]
internal sealed class RebuildThrottle(ShardOptions options, TimeProvider time)
{
    /// <summary>So long after the last batch with effects the others count as at work.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    /// <summary>The share is cut at most once, and raised at most once, in such a time.</summary>
    internal static readonly TimeSpan CutGap = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc cref="CutGap"/>
    internal static readonly TimeSpan RaiseGap = TimeSpan.FromSeconds(1);

    /// <summary>How many times of what is typical is too long.</summary>
    internal const double TooLong = 4;

    /// <summary>Pieces may take so many times of what is typical.</summary>
    internal const double PieceTypical = 4;

    private const double Cut = 0.5;
    private const double Raise = 1.1;
    private const int PieceEventsFirst = 250;
    private const int PieceEventsLeast = 100;
    private const int PieceEventsMost = 2_000;
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TypicalMax = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _commits = new(1);
    private readonly AsyncPulse _free = new();
    private readonly TypicalDelay _typical = new(options.LiveDelayMax, TypicalMax);
    private int _others;
    private int _builds;
    private int _building;
    private long _disturbances;
    private double _share = options.RebuildShareMin;
    private double _pieceEvents = PieceEventsFirst;
    private long? _worked;
    private long? _built;
    private long _cut;
    private long _raised;

    /// <summary>The share of the time that builds have now: 1 when nobody else is at work.</summary>
    public double Share
    {
        get
        {
            lock (_gate)
                return ShareNow();
        }
    }

    /// <summary>How many events a build reads, applies and commits at once: without bound when nobody else is at work.</summary>
    public int PieceEventsMax
    {
        get
        {
            lock (_gate)
                return AreOthersAtWork() ? (int)_pieceEvents : int.MaxValue;
        }
    }

    /// <summary>A batch begins.</summary>
    /// <param name="builds">Whether the shard builds a generation.</param>
    /// <param name="pauses">Whether it pauses after its pieces; a build that is about to go live does not.</param>
    public Batch Begin(bool builds, bool pauses = false)
    {
        lock (_gate)
        {
            if (!builds)
                _others++;
            else if (pauses && _builds++ == 0 && (_built is not { } last || time.GetElapsedTime(last) > Quiet))
                Restart();
            if (pauses)
                GoOn();
            return new Batch(builds, pauses, time.GetTimestamp(), _building == 0 ? _disturbances : null);
        }
    }

    /// <summary>A batch has ended, well or not.</summary>
    /// <param name="batch">As it began.</param>
    /// <param name="hadEffects">Whether it took effect; looking at events of others is no work.</param>
    /// <param name="piece">What it was, of a build.</param>
    public void End(in Batch batch, bool hadEffects, Piece piece)
    {
        lock (_gate)
        {
            if (batch.Builds)
            {
                Fit(piece);
                if (batch.Pauses)
                {
                    _builds--;
                    _building--;
                    _built = time.GetTimestamp();
                }

                return;
            }

            _others--;
            if (hadEffects)
                Learn(time.GetElapsedTime(batch.Began), wasDisturbed: batch.Undisturbed != _disturbances);
        }

        _free.Fire();
    }

    /// <summary>
    /// After a part of a build's piece: waits so that builds keep to their share, and then for a batch of another shard to end.
    /// </summary>
    /// <param name="worked">How long it took.</param>
    /// <param name="stop">Ends the wait, without an exception.</param>
    public async ValueTask YieldAsync(TimeSpan worked, CancellationToken stop)
    {
        var pause = Pause(worked);
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var free = _free.Next;
        if (Volatile.Read(ref _others) > 0 && options.RebuildShareMin < 1)
            await WaitAsync(free, options.LiveDelayMax, stop).ConfigureAwait(false);
        lock (_gate)
            GoOn();
    }

    /// <summary>Makes a commit.</summary>
    /// <param name="commit">What it is.</param>
    /// <param name="takesTurns">Whether it is a build's, which come one at a time while others are at work.</param>
    /// <param name="cancellationToken">Ends the wait for its turn, and the commit.</param>
    /// <returns>How long it took, without the wait for its turn.</returns>
    public async ValueTask<TimeSpan> CommitAsync(
        Func<CancellationToken, ValueTask> commit, bool takesTurns, CancellationToken cancellationToken)
    {
        var turn = takesTurns && PieceEventsMax < int.MaxValue;
        if (turn)
            await _commits.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var began = time.GetTimestamp();
            await commit(cancellationToken).ConfigureAwait(false);
            return time.GetElapsedTime(began);
        }
        finally
        {
            if (turn)
                _commits.Release();
        }
    }

    // Those who build are at work, but for their pauses.
    private void GoOn()
    {
        _building++;
        _disturbances++;
    }

    private TimeSpan Pause(TimeSpan worked)
    {
        lock (_gate)
        {
            _building--;
            if (!AreOthersAtWork())
                return TimeSpan.Zero;

            // Timers count whole milliseconds.
            var pause = Math.Ceiling(worked.TotalMilliseconds * ((Math.Max(1, _builds) / ShareNow()) - 1));
            return pause < PauseMax.TotalMilliseconds ? TimeSpan.FromMilliseconds(pause) : PauseMax;
        }
    }

    // What a piece costs beside its events, above all the disk, is part of what is typical, too. One that did not have as many events as
    // it might says nothing of larger ones.
    private void Fit(Piece piece)
    {
        if (piece.Events == 0 || !AreOthersAtWork())
            return;
        var most = _typical.Value * PieceTypical;
        if (piece.Took > most)
            _pieceEvents = Math.Max(PieceEventsLeast, _pieceEvents * Math.Clamp(most / piece.Took, 0.5, 0.9));
        else if (piece.Events >= (int)_pieceEvents)
            _pieceEvents = Math.Min(PieceEventsMost, _pieceEvents * Raise);
    }

    // Nobody is to suffer before the right share is known: builds begin with the least, and so they do when others come back to work.
    private void Restart() => (_share, _raised) = (options.RebuildShareMin, time.GetTimestamp());

    private void Learn(TimeSpan delay, bool wasDisturbed)
    {
        var now = time.GetTimestamp();
        if (_worked is not { } last || time.GetElapsedTime(last, now) > Quiet)
            Restart();
        _worked = now;
        if (!wasDisturbed)
            _typical.Add(delay);
        if (delay > options.LiveDelayMax || (wasDisturbed && delay > _typical.Value * TooLong))
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

    private double ShareNow() => AreOthersAtWork() ? _share : 1;

    private bool AreOthersAtWork() =>
        options.RebuildShareMin < 1 && _worked is { } worked && time.GetElapsedTime(worked) <= Quiet;

    private async ValueTask WaitAsync(Task until, TimeSpan most, CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(until, Task.Delay(most, time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>A batch under way.</summary>
    /// <param name="Builds">Whether its shard builds a generation.</param>
    /// <param name="Pauses">Whether it pauses after its pieces.</param>
    /// <param name="Began">When it began.</param>
    /// <param name="Undisturbed">How often builds had set to work when it began; null when one was at work.</param>
    internal readonly record struct Batch(bool Builds, bool Pauses, long Began, long? Undisturbed);

    /// <summary>What a build has done at once.</summary>
    /// <param name="Events">How many events it read.</param>
    /// <param name="Took">How long reading, applying and committing took, without pauses.</param>
    internal readonly record struct Piece(int Events, TimeSpan Took);
}
