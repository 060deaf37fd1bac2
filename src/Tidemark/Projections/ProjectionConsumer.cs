using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Pulling;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>
/// A projection as a shard's consumer. Its token is the checkpoint, which moves in the transaction of the read model, under the shard's
/// epoch.
/// </summary>
internal sealed partial class ProjectionConsumer : IShardConsumer
{
    /// <summary>A commit of at least so many bytes, by estimate, waits for its turn; the small ones of live shards never do.</summary>
    private const long LargeCommitBytes = 1024 * 1024;

    /// <summary>So many events of parked streams are stored in one commit at most, and a little more.</summary>
    private const int ParkedEventsMax = 10_000;

    private readonly SemaphoreSlim _largeCommits;
    private readonly ShardName _shard;
    private readonly ICheckpointStore _checkpoints;
    private readonly IEventLog _log;
    private readonly IReadModelStore _readModels;
    private readonly Applier _applier;
    private readonly SideEffectCommit? _effects;
    private readonly bool[]? _wanted;
    private readonly long _pendingBytesMax;
    private readonly Epoch _epoch;
    private readonly SlotScope _streams;
    private readonly SlotScope _slots;
    private readonly List<RecordedEvent> _relevant = [];
    private readonly List<DeadLetter> _deadLetters = [];
    private readonly List<ParkedEvent> _parkedEvents = [];
    private readonly ParkedStreams _parked;
    private readonly DeadLetterRetry _retry;
    private ParkedStreamStep? _step;

    private Position _durable;
    private HandshakeToken _expected;
    private RecordedEvent? _anchor;
    private long _events;

    public ProjectionConsumer(
        ShardName shard,
        Projection projection,
        ApplierContext context,
        ICheckpointStore checkpoints,
        IDeadLetterStore deadLetters,
        ShardOptions options,
        SemaphoreSlim largeCommits,
        Epoch epoch)
    {
        _largeCommits = largeCommits;
        _epoch = epoch;
        _slots = context.Slots;
        _streams = projection.IsSplitByKey ? SlotScope.All : _slots;
        _shard = shard;
        _checkpoints = checkpoints;
        _log = context.Log;
        _readModels = context.ReadModels;
        if (projection.RaisesEffects && context.Effects is { } sink)
        {
            sink.Owner = shard.Projection;
            _effects = new SideEffectCommit(shard, sink, context);
        }

        _applier = projection.MakeApplier(context);
        _parked = new ParkedStreams(shard, deadLetters, options.ParkedStreamsMax);
        _retry = new DeadLetterRetry(shard, _applier, context, deadLetters, Concerns, CommitStepAsync);
        _pendingBytesMax = Math.Min(options.CommitBytesMax, context.StateBytesMax);
        HoldsLocks = projection.OpensTransactions;
        GatherMax = projection.OpensTransactions ? options.OpenTransactionMax : options.CommitInterval;
        Types = projection.TypeNames(context.Types);
        if (projection.EventTypes is { } types)
        {
            _wanted = new bool[context.Types.Count];
            foreach (var type in context.Types.All)
                _wanted[type.Index] = types.Contains(type.ClrType);
        }
    }

    public IReadOnlyCollection<string>? Types { get; }

    public bool NeedsJson => false;

    public bool NeedsData => true;

    public bool KeepsStep => true;

    public TimeSpan Linger => TimeSpan.Zero;

    /// <summary>The side effects of the shard; null when its projection raises none.</summary>
    public SideEffectCommit? Effects => _effects;

    public bool WantsCommit =>
        _applier.PendingBytes + (_effects?.Bytes ?? 0) >= _pendingBytesMax || _parkedEvents.Count >= ParkedEventsMax;

    public bool HasEffects => _events > 0 || _deadLetters.Count > 0 || _parkedEvents.Count > 0;

    public int ParkedStreams => _parked.Count;

    public bool HoldsLocks { get; }

    public TimeSpan GatherMax { get; }

    /// <summary>Never: its token moves in its own commits alone, and the fence shows when somebody else moved it.</summary>
    public TimeSpan? SyncInterval => null;

    public Task? Moved => null;

    public void Show(bool isLive, Position position)
    {
    }

    public async ValueTask<HandshakeToken> HandshakeAsync(CancellationToken cancellationToken)
    {
        var checkpoint = await _checkpoints.OpenAsync(_shard, _epoch, cancellationToken).ConfigureAwait(false);
        await LogRewoundException.ThrowIfRewoundAsync(_log, checkpoint, cancellationToken).ConfigureAwait(false);
        _durable = checkpoint.Position;
        _expected = HandshakeToken.Delivered(_durable);
        LoadTenants(checkpoint);

        // A shard at the beginning that was merged with a faster half has that half's documents.
        _applier.Begin(isEmpty: _durable == Position.Beginning && checkpoint is { Ahead.Count: 0, Behind.Count: 0 });
        _parked.Forget();
        if (_effects is not null)
            await _effects.PublishStoredAsync(cancellationToken).ConfigureAwait(false);
        return _expected;
    }

    public async ValueTask<HandshakeToken> ReconfirmAsync(CancellationToken cancellationToken)
    {
        var checkpoint = await _checkpoints.OpenAsync(_shard, _epoch, cancellationToken).ConfigureAwait(false);
        _durable = checkpoint.Position;
        LoadTenants(checkpoint);
        _parked.Forget();
        if (_effects is not null)
            await _effects.PublishStoredAsync(cancellationToken).ConfigureAwait(false);
        return _expected = HandshakeToken.Delivered(_durable);
    }

    public ValueTask<HandshakeToken?> SyncAsync(CancellationToken cancellationToken) => ValueTask.FromResult<HandshakeToken?>(null);

    public async ValueTask<HandshakeToken?> DeliverAsync(ShardDelivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.Offered != _expected)
            return _expected;
        if (delivery.Slice.Count > 0)
            await _parked.LoadAsync(cancellationToken).ConfigureAwait(false);
        _effects?.Reach(delivery.Slice.Through);
        Select(delivery.Slice, delivery.SetAside);
        if (_relevant.Count > 0)
            await _applier.ApplyAsync(_relevant, cancellationToken).ConfigureAwait(false);
        _expected = HandshakeToken.Delivered(delivery.Slice.Through);
        return null;
    }

    public async ValueTask<CommitCount> CommitAsync(CancellationToken cancellationToken)
    {
        if (HoldsLocks || _applier.PendingBytes < LargeCommitBytes)
            return await WriteAsync(cancellationToken).ConfigureAwait(false);
        await _largeCommits.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await WriteAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _largeCommits.Release();
        }
    }

    public ValueTask<DeadLetterOutcome> SettleAsync(
        DeadLetterCommand command, ErrorClassifier errors, CancellationToken cancellationToken) =>
        _retry.RunAsync(command, errors, cancellationToken);

    public async ValueTask AbandonAsync()
    {
        _parked.Abandon();
        await _applier.AbandonAsync().ConfigureAwait(false);
        _applier.Begin(isEmpty: false);
        _effects?.Abandon();
        _expected = HandshakeToken.Delivered(_durable);
        Forget();
    }

    // A retry's commit, fenced like every other; the token stays where it is.
    private async ValueTask CommitStepAsync(DeadLetterRetry.Step step, CancellationToken cancellationToken)
    {
        Forget();
        _events = step.Events;
        _step = step.Taken;
        _deadLetters.AddRange(step.Letters);
        await CommitAsync(cancellationToken).ConfigureAwait(false);
        if (step.Taken is { Rejoins: true } taken)
            _parked.Release(taken.Tenant, taken.Stream);
    }

    private async ValueTask<CommitCount> WriteAsync(CancellationToken cancellationToken)
    {
        var move = new CheckpointMove(_shard, _epoch, _durable, _expected.Position, _anchor?.Id, _anchor?.Position ?? Position.Beginning)
        {
            Behind = _behind,
        };
        var commit = _applier.AddTo(new ReadModelCommit
        {
            Move = move,
            DeadLetters = [.. _deadLetters],
            ParkedEvents = [.. _parkedEvents],
            ParkedStep = _step,
        });
        if (_effects is not null)
        {
            await _effects.CommitAsync(_applier.Transaction, commit, cancellationToken).ConfigureAwait(false);
        }
        else if (_applier.Transaction is { } transaction)
        {
            await _readModels.WriteAsync(transaction, commit, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await _readModels.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        }

        await _applier.CommittedAsync().ConfigureAwait(false);
        _parked.Committed();
        _durable = _expected.Position;
        var count = new CommitCount(_events, _deadLetters.Count);
        Forget();
        if (_effects is not null)
            await _effects.CommittedAsync(cancellationToken).ConfigureAwait(false);
        return count;
    }

    private void Forget()
    {
        _deadLetters.Clear();
        _parkedEvents.Clear();
        _step = null;
        _anchor = null;
        _events = 0;
    }

    // After a restore or a failover with a lost tail, other events may stand where this shard believes to have been.
    private void Select(in PageSlice slice, IReadOnlyDictionary<Position, DeadLetter> setAside)
    {
        _relevant.Clear();
        foreach (var e in slice.Events)
        {
            if (!HasTurn(e) || !Takes(e))
                continue;
            if (_parked.Contains(e))
            {
                _parkedEvents.Add(ParkedEvent.Of(e));
            }
            else if (setAside.Count > 0 && setAside.TryGetValue(e.Position, out var deadLetter))
            {
                _deadLetters.Add(deadLetter);
                if (deadLetter.State == DeadLetterState.Parked)
                    _parked.Park(e);
            }
            else
            {
                if (e.DecodeError is { } error)
                    throw error;
                _relevant.Add(e);
                _events++;
            }

            // The anchor stands for the shard's position, not for that of a tenant that was left behind.
            if (_turn is null)
                _anchor = e;
        }
    }

    // An event of an unknown type concerns only those who take every type: for the others its name is not among those read.
    private bool Concerns(RecordedEvent e) => _wanted is null || (e.Type is { } type && _wanted[type.Index]);
}
