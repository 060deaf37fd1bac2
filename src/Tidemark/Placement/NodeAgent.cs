using Microsoft.Extensions.Logging;
using Tidemark.HighWater;
using Tidemark.Leases;

namespace Tidemark.Placement;

/// <summary>
/// Keeps this node on the roster, and its shards here: beats, computes who is to run what, drains and gives back what belongs elsewhere,
/// takes what belongs here and is free. Every node does this for itself from the same rows; there is no leader.
/// </summary>
/// <remarks>
/// What to do follows from the rows and from what runs, never from what was done before, so a lost answer or a failed tick leaves nothing
/// behind. A shard is never taken from a node that is alive: its owner drains it and gives it back, and hints, so that the next owner
/// need not wait for its tick.
/// </remarks>
internal sealed partial class NodeAgent(
    ILeaseStore store, HighWaterAgent hints, IShardHost host, NodeOptions options, TimeProvider time, ILogger logger)
{
    private const int TurnsInARowMax = 5;
    private static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HintGap = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ReplyMin = TimeSpan.FromSeconds(1);

    private readonly AsyncPulse _asked = new();
    private readonly Lock _gate = new();
    private readonly Random _random = new();
    private List<ShardLease> _register = [];
    private volatile LeaseBook _book = LeaseBook.Empty;
    private volatile bool _leaving;
    private volatile Exception? _failure;
    private bool _joined;
    private bool _drainAgain;
    private bool _ticks;
    private int _failures;
    private long _trustedFrom = time.GetTimestamp();

    /// <summary>This process's boot id.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>The name that people see.</summary>
    public string Name { get; } = options.Name ?? $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>The cluster as of the last tick.</summary>
    public LeaseBook Book => _book;

    /// <summary>Fires after each tick that changed something.</summary>
    public AsyncPulse BookChanged { get; } = new();

    /// <summary>When the loop was last alive, as a timestamp of the clock.</summary>
    public long Heartbeat { get; private set; } = time.GetTimestamp();

    /// <summary>Why the last tick failed; null when it did not.</summary>
    public Exception? Failure => _failure;

    /// <summary>Registers shards with the next tick.</summary>
    public void Register(IEnumerable<ShardLease> shards)
    {
        lock (_gate)
            _register.AddRange(shards);
    }

    /// <summary>Asks for a tick now.</summary>
    public void Ask() => _asked.Fire();

    /// <summary>Changes the set of shards or nodes, and lets every node know. Returns false when it was refused.</summary>
    public async Task<bool> ChangeAsync(LeaseChange change, CancellationToken cancellationToken)
    {
        var changed = await store.ChangeAsync(change, cancellationToken).ConfigureAwait(false);
        Ask();
        if (changed)
            await hints.NotifyLeasesAsync(cancellationToken).ConfigureAwait(false);
        return changed;
    }

    /// <summary>Joins the roster and takes what is free and belongs here. Throws when the database does not answer.</summary>
    public async Task JoinAsync(CancellationToken cancellationToken) => await TurnsAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Ticks until cancelled. Failures are logged, and tried again soon.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _ticks = true;
        using var timer = new PeriodicTimer(Between(TimeSpan.FromMilliseconds(1), options.Tick), time);
        var ticked = timer.WaitForNextTickAsync(cancellationToken).AsTask();
        while (!cancellationToken.IsCancellationRequested)
        {
            var (asked, hinted) = (_asked.Next, hints.LeasesChanged.Next);
            await TryTurnsAsync(cancellationToken).ConfigureAwait(false);
            await WaitAsync(ticked, asked, hinted, cancellationToken).ConfigureAwait(false);
            if (!ticked.IsCompleted)
                continue;
            timer.Period = Between(options.Tick * 0.9, options.Tick * 1.1);
            ticked = timer.WaitForNextTickAsync(cancellationToken).AsTask();
        }

        await ((Task)ticked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Drains every shard, giving each back as it ends, and leaves the roster. Call it once <see cref="RunAsync"/> has ended.
    /// </summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        _leaving = true;
        var stops = host.Running.Keys.Select(host.StopAsync).ToList();
        while (stops.Count > 0)
        {
            await Task.WhenAny(stops).ConfigureAwait(false);
            stops.RemoveAll(s => s.IsCompleted);
            if (stops.Count > 0)
                await TryTurnsAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            await store.LeaveAsync(Id, cancellationToken).ConfigureAwait(false);
            await hints.NotifyLeasesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogNotLeft(Name, options.TimeToLive, e);
        }
    }

    private async Task TryTurnsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TurnsAsync(cancellationToken).ConfigureAwait(false);
            if (_failures > 0)
                LogBack(Name);
            (_failures, _failure) = (0, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            _failure = e;
            if (_failures++ == 0)
                LogTickFailed(Name, e);
            if (time.GetElapsedTime(_trustedFrom) > options.TimeToLive)
                StopAll();
        }
    }

    // Others may own them by now: whatever these shards still wrote would be refused.
    private void StopAll()
    {
        if (host.Running.Count == 0)
            return;
        LogLost(Name, host.Running.Count);
        foreach (var shard in host.Running.Keys.ToArray())
            _ = host.StopAsync(shard);
    }

    // What one tick shows to be free is taken by the next, at once.
    private async Task TurnsAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < TurnsInARowMax; i++)
        {
            var before = _book.Change;
            var more = await TurnAsync(cancellationToken).ConfigureAwait(false);
            if (!more || (i > 0 && _book.Change == before))
                return;
        }
    }

    private async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        Heartbeat = time.GetTimestamp();
        var tick = Gather(out var registered);
        var sent = time.GetTimestamp();
        var view = await SendAsync(tick, cancellationToken).ConfigureAwait(false);

        _trustedFrom = sent;
        lock (_gate)
            _register.RemoveRange(0, registered);
        var former = _book;
        var book = former.With(KeepDraining(former, view));
        _book = book;
        var announce = !_joined || tick.Release.Count > 0 || registered > 0;
        _joined = true;
        Reconcile(book);
        if (!ReferenceEquals(former.Plan, book.Plan) || former.LastCommand != book.LastCommand)
        {
            host.Changed(book);
            BookChanged.Fire();
        }

        if (announce)
            await hints.NotifyLeasesAsync(cancellationToken).ConfigureAwait(false);
        return ToRelease(book).Any() || ToClaim(book).Any() || host.HasRaises || _drainAgain;
    }

    // A row that expired is deleted at last. A node that comes back after that is still the one that an operator drained: the new row is
    // set so by the next tick, and this one takes nothing.
    private LeaseView KeepDraining(LeaseBook former, LeaseView view)
    {
        if (view.Nodes.FirstOrDefault(n => n.Id == Id) is not { } now)
            return view;
        var before = former.Nodes.FirstOrDefault(n => n.Id == Id);
        _drainAgain = now.State == NodeState.Active && before?.State == NodeState.Draining && before.StartedAt != now.StartedAt;
        return _drainAgain
            ? view with { Nodes = [.. view.Nodes.Select(n => n.Id == Id ? n with { State = NodeState.Draining } : n)] }
            : view;
    }

    // An answer that comes after the trust has run out is of no use: then the shards here have to stop. Whoever joins has none yet.
    private async Task<LeaseView> SendAsync(LeaseTick tick, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(_ticks ? ReplyTime() : Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await store.TickAsync(tick, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The coordination database did not answer a heartbeat in time.", e);
        }
    }

    private LeaseTick Gather(out int registered)
    {
        var book = _book;
        ShardLease[] register;
        lock (_gate)
            register = [.. _register];
        registered = register.Length;
        var node = new Node(
            Id, Name, HostProcess.Host, Environment.ProcessId, HostProcess.StartedAt,
            _leaving || _drainAgain ? NodeState.Draining : NodeState.Active,
            options.Weight, options.ShardsMax, host.Capabilities, default, default);
        return new LeaseTick(node, options.TimeToLive, book.Change)
        {
            Ended = [.. book.Nodes.Where(HostProcess.HasEnded).Select(n => n.Id)],
            Register = register,
            Release = [.. ToRelease(book)],
            Claim = _leaving ? [] : [.. ToClaim(book)],
            Raise = host.TakeRaises(),
            Report = [.. ToReport(book)],
        };
    }

    private bool IsMine(LeaseBook book, ShardLease lease) => lease.Owner == Id && book.OwnerOf(lease) == Id;

    private bool BelongsHere(LeaseBook book, ShardLease lease) =>
        !_leaving && lease.State == LeaseState.Wanted && book.Plan.Placed.TryGetValue(lease.Shard, out var node) && node == Id;

    private IEnumerable<ShardName> ToRelease(LeaseBook book) =>
        book.Shards.Values.Where(l => l.Owner == Id && !BelongsHere(book, l) && !host.Running.ContainsKey(l.Shard)).Select(l => l.Shard);

    private IEnumerable<ShardName> ToClaim(LeaseBook book) =>
        book.Shards.Values.Where(l => BelongsHere(book, l) && book.OwnerOf(l) is null).Select(l => l.Shard);

    private IEnumerable<KeyValuePair<ShardName, ShardProblem?>> ToReport(LeaseBook book)
    {
        foreach (var shard in host.Running.Keys)
        {
            if (!book.Shards.TryGetValue(shard, out var lease) || !IsMine(book, lease))
                continue;
            var problem = host.ProblemOf(shard);
            if (problem != lease.Problem)
                yield return new(shard, problem);
        }
    }

    // Starts what this node owns and is to run, and begins to drain whatever else runs here.
    private void Reconcile(LeaseBook book)
    {
        foreach (var (shard, epoch) in host.Running.ToArray())
        {
            var stays = book.Shards.TryGetValue(shard, out var lease) && IsMine(book, lease) && BelongsHere(book, lease)
                && lease.Epoch == epoch;
            if (!stays)
                _ = AskWhenAsync(host.StopAsync(shard));
        }

        var here = book.Plan.Placed.Values.Count(node => node == Id);
        foreach (var lease in book.Shards.Values)
        {
            if (IsMine(book, lease) && BelongsHere(book, lease) && !host.Running.ContainsKey(lease.Shard))
                host.Start(lease, here);
        }
    }

    private async Task AskWhenAsync(Task stopped)
    {
        await stopped.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Ask();
    }

    private async Task WaitAsync(Task ticked, Task asked, Task hinted, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var due = _failures > 0 ? Between(RetryMax / 4, RetryMax) : UntilExpiry();
        await Task.WhenAny(ticked, asked, hinted, Task.Delay(due, time, enough.Token)).ConfigureAwait(false);

        // Hand-overs of many shards come with many hints.
        if (hinted.IsCompleted && !ticked.IsCompleted && !asked.IsCompleted)
            await Task.WhenAny(ticked, asked, Task.Delay(HintGap, time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    // A node that dies is noticed when its time has run out, not a tick later.
    private TimeSpan UntilExpiry()
    {
        var book = _book;
        var others = book.Nodes.Where(n => n.Id != Id).Select(n => n.ExpiresAt).ToArray();
        if (others.Length == 0)
            return Timeout.InfiniteTimeSpan;
        var left = others.Min() - book.Now - time.GetElapsedTime(_trustedFrom);
        return (left > TimeSpan.Zero ? left : TimeSpan.Zero) + Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(250));
    }

    private TimeSpan ReplyTime()
    {
        var left = options.TimeToLive - time.GetElapsedTime(_trustedFrom);
        return left > ReplyMin ? left : ReplyMin;
    }

    private TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * _random.NextDouble());

    [LoggerMessage(EventId = 1601, Level = LogLevel.Warning, Message = "Node {Name}: a heartbeat failed; trying again until it does not.")]
    private partial void LogTickFailed(string name, Exception error);

    [LoggerMessage(EventId = 1602, Level = LogLevel.Information, Message = "Node {Name}: heartbeats work again.")]
    private partial void LogBack(string name);

    [LoggerMessage(EventId = 1603, Level = LogLevel.Warning, Message = "Node {Name}: without a heartbeat for too long; its {Shards} " +
        "shard(s) stop, as other nodes may run them by now.")]
    private partial void LogLost(string name, int shards);

    [LoggerMessage(EventId = 1604, Level = LogLevel.Warning, Message = "Node {Name} could not give its shards back; others take them " +
        "after {TimeToLive}.")]
    private partial void LogNotLeft(string name, TimeSpan timeToLive, Exception error);
}
