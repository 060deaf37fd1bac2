using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Tests.Fixtures;

/// <summary>A consumer that keeps what was delivered and committed, and fails where a test says so.</summary>
internal sealed class ScriptedConsumer : IShardConsumer
{
    private readonly Lock _gate = new();
    private readonly List<long> _pending = [];
    private readonly List<DeadLetter> _pendingDead = [];
    private readonly List<long> _applied = [];
    private readonly List<int> _commits = [];
    private readonly List<DeadLetter> _deadLetters = [];
    private HandshakeToken _expected;
    private HandshakeToken _known;

    public IReadOnlyCollection<string>? Types { get; init; } = ["deposited"];

    /// <summary>Called for each event; may throw.</summary>
    public Action<RecordedEvent> OnEvent { get; set; } = _ => { };

    /// <summary>Called for each delivery before its events; may wait, may throw.</summary>
    public Func<ShardDelivery, Task> OnDeliver { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called before and after a commit takes effect; may wait, may throw.</summary>
    public Func<Task> BeforeCommit { get; set; } = () => Task.CompletedTask;

    public Func<Task> AfterCommit { get; set; } = () => Task.CompletedTask;

    public Action OnHandshake { get; set; } = () => { };

    public Action OnReconfirm { get; set; } = () => { };

    /// <summary>What is durable.</summary>
    public HandshakeToken Token { get; set; } = HandshakeToken.Delivered(Position.Beginning);

    public int WantsCommitAt { get; set; } = int.MaxValue;

    public bool HoldsLocks { get; set; }

    public bool NeedsJson => false;

    public bool NeedsData => true;

    public bool KeepsStep => true;

    public TimeSpan Linger { get; set; }

    public TimeSpan? SyncInterval { get; set; }

    public Task? Moved { get; set; }

    public void Show(bool isLive, Position position)
    {
    }

    /// <summary>Called for each state sync; answers where the consumer stands, if elsewhere.</summary>
    public Func<HandshakeToken?> OnSync { get; set; } = () => null;

    public TimeSpan GatherMax { get; set; } = TimeSpan.FromHours(1);

    public int Handshakes { get; private set; }

    public int Reconfirmations { get; private set; }

    public int Deliveries { get; private set; }

    public bool WantsCommit => _pending.Count >= WantsCommitAt;

    public bool HasEffects => _pending.Count + _pendingDead.Count > 0;

    public int ParkedStreams { get; set; }

    /// <summary>Called for each retry or discard; may wait, may throw.</summary>
    public Func<DeadLetterCommand, Task<DeadLetterOutcome>> OnSettle { get; set; } = _ => Task.FromResult(new DeadLetterOutcome(0, null));

    /// <summary>The positions whose effects are durable, in order.</summary>
    public IReadOnlyList<long> Applied
    {
        get
        {
            lock (_gate)
                return [.. _applied];
        }
    }

    /// <summary>How many events each commit held.</summary>
    public IReadOnlyList<int> Commits
    {
        get
        {
            lock (_gate)
                return [.. _commits];
        }
    }

    public IReadOnlyList<DeadLetter> DeadLetters
    {
        get
        {
            lock (_gate)
                return [.. _deadLetters];
        }
    }

    public ValueTask<HandshakeToken> HandshakeAsync(CancellationToken cancellationToken)
    {
        Handshakes++;
        OnHandshake();
        _expected = _known = Token;
        return ValueTask.FromResult(Token);
    }

    public ValueTask<HandshakeToken> ReconfirmAsync(CancellationToken cancellationToken)
    {
        Reconfirmations++;
        OnReconfirm();
        _expected = _known = Token;
        return ValueTask.FromResult(Token);
    }

    public ValueTask<HandshakeToken?> SyncAsync(CancellationToken cancellationToken) => ValueTask.FromResult(OnSync());

    public async ValueTask<HandshakeToken?> DeliverAsync(ShardDelivery delivery, CancellationToken cancellationToken)
    {
        Deliveries++;
        await OnDeliver(delivery).WaitAsync(cancellationToken);
        if (delivery.Offered != _expected)
            return _expected;
        for (var i = 0; i < delivery.Slice.Count; i++)
            Take(delivery.Slice[i], delivery);
        _expected = HandshakeToken.Delivered(delivery.Slice.Through);
        return null;
    }

    public async ValueTask<CommitCount> CommitAsync(CancellationToken cancellationToken)
    {
        await BeforeCommit().WaitAsync(cancellationToken);
        if (_known != Token)
            throw new FencedException(new("Totals", 1, SlotRange.All, "main"), new(1), _known.Position);
        var count = new CommitCount(_pending.Count, _pendingDead.Count);
        lock (_gate)
        {
            _applied.AddRange(_pending);
            _deadLetters.AddRange(_pendingDead);
            _commits.Add(_pending.Count);
            Token = _expected;
        }

        await AfterCommit();
        _known = Token;
        _pending.Clear();
        _pendingDead.Clear();
        return count;
    }

    public async ValueTask<DeadLetterOutcome> SettleAsync(
        DeadLetterCommand command, ErrorClassifier errors, CancellationToken cancellationToken)
    {
        (_pending.Count + _pendingDead.Count).ShouldBe(0, "nothing is delivered and not durable");
        return await OnSettle(command).WaitAsync(cancellationToken);
    }

    public ValueTask AbandonAsync()
    {
        _pending.Clear();
        _pendingDead.Clear();
        _expected = _known;
        return ValueTask.CompletedTask;
    }

    /// <summary>The consumer's own state changes behind the agent's back.</summary>
    public void Jump(HandshakeToken token) => _expected = _known = Token = token;

    private void Take(RecordedEvent e, ShardDelivery delivery)
    {
        if (Types is not null && !Types.Contains(e.TypeName))
            return;
        if (delivery.SetAside.TryGetValue(e.Position, out var dead))
        {
            _pendingDead.Add(dead);
            return;
        }

        if (e.DecodeError is { } error)
            throw error;
        OnEvent(e);
        _pending.Add(e.Position.Value);
    }
}
