using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Pulling;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>
/// What the consumer does for tenants that were left behind: their turns go through the same applier and the same commits.
/// </summary>
internal sealed partial class ProjectionConsumer
{
    private TenantTurns? _turns;
    private TenantId? _turn;
    private bool _isTurnOpen;
    private IReadOnlyList<TenantBehind>? _behind;
    private IReadOnlyList<SlotProgress> _ahead = [];

    /// <summary>Where the stored checkpoint is.</summary>
    public Position Durable => _durable;

    /// <summary>Where the shard is, with what it has passed and not stored yet.</summary>
    public Position Reached => _expected.Position;

    /// <summary>Slots that are further than the shard.</summary>
    public IReadOnlyList<SlotProgress> Ahead => _ahead;

    /// <summary>The stored type names it needs; null for all.</summary>
    public IReadOnlyList<string>? StoredTypes => Types is null ? null : [.. Types];

    /// <summary>The slots of the streams it takes; null for all.</summary>
    public SlotRange? StreamSlots => _streams.Range == SlotRange.All ? null : _streams.Range;

    /// <summary>Turns between tenants. Stored ones have theirs in any case.</summary>
    /// <param name="runtime">What they work with.</param>
    /// <param name="leaves">Whether tenants may be left behind.</param>
    public ITenantTurns ShareTurns(ShardRuntime runtime, bool leaves) => _turns ??= new TenantTurns(_shard, this, runtime, leaves);

    /// <summary>Whether an event concerns the shard, whoever's turn it is.</summary>
    public bool Takes(RecordedEvent e) => _streams.Includes(e.Slot, e.Position) && Concerns(e);

    /// <summary>The turn of a tenant begins; only its events are taken.</summary>
    public void BeginTurn(TenantBehind tenant)
    {
        (_turn, _isTurnOpen) = (tenant.Tenant, true);
        _slots.Set(tenant.Ahead, tenant.Position);
    }

    /// <summary>Applies a tenant's events. Returns how many it took.</summary>
    public async ValueTask<int> DeliverTurnAsync(
        PageSlice slice, IReadOnlyDictionary<Position, DeadLetter> setAside, CancellationToken cancellationToken)
    {
        if (slice.Count == 0)
            return 0;
        await _parked.LoadAsync(cancellationToken).ConfigureAwait(false);
        var before = _events;
        Select(slice, setAside);
        if (_relevant.Count > 0)
            await _applier.ApplyAsync(_relevant, cancellationToken).ConfigureAwait(false);
        return (int)(_events - before);
    }

    /// <summary>Commits a turn with the tenants that are left behind from now on; what the shard has passed goes along.</summary>
    public async ValueTask<CommitCount> CommitBehindAsync(IReadOnlyList<TenantBehind> behind, CancellationToken cancellationToken)
    {
        _behind = behind;
        try
        {
            var count = await CommitAsync(cancellationToken).ConfigureAwait(false);
            _isTurnOpen = false;
            return count;
        }
        finally
        {
            _behind = null;
        }
    }

    /// <summary>The turn is over: what was not committed is forgotten.</summary>
    public async ValueTask EndTurnAsync()
    {
        _turn = null;
        _slots.Set(_ahead, _durable);
        if (!_isTurnOpen)
            return;
        _isTurnOpen = false;
        _parked.Abandon();
        await _applier.AbandonAsync().ConfigureAwait(false);
        _applier.Begin(isEmpty: false);
        Forget();
    }

    private void LoadTenants(Checkpoint checkpoint)
    {
        _ahead = [.. checkpoint.Ahead.Where(a => a.Position > checkpoint.Position)];
        _slots.Set(_ahead, _durable);
        _turns?.Load(checkpoint);
    }

    private bool HasTurn(RecordedEvent e) => _turn is { } tenant ? e.Tenant == tenant : _turns is null || !_turns.Contains(e.Tenant);
}
