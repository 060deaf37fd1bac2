using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Shards;

/// <summary>
/// The parked streams of a shard: those stored, and those parked since the last commit. Loaded when the first event is delivered, after the
/// handshake has fenced the former owner; from then on only this shard's own commits change them.
/// </summary>
internal sealed class ParkedStreams(ShardName shard, IDeadLetterStore store, int countMax)
{
    private readonly HashSet<(TenantId Tenant, StreamId Stream)> _all = [];
    private readonly List<(TenantId Tenant, StreamId Stream)> _pending = [];
    private bool _isLoaded;

    public int Count => _all.Count;

    /// <summary>Loads them unless they are.</summary>
    /// <exception cref="ParkedStreamsException">There are more than may be kept in memory.</exception>
    /// <exception cref="ShardStartException">They could not be read.</exception>
    public ValueTask LoadAsync(CancellationToken cancellationToken) =>
        _isLoaded ? ValueTask.CompletedTask : ReadAsync(cancellationToken);

    public bool Contains(RecordedEvent recorded) => _all.Count > 0 && _all.Contains((recorded.Tenant, recorded.StreamId));

    /// <summary>Parks the stream of an event, in the commit under way.</summary>
    public void Park(RecordedEvent recorded)
    {
        if (_all.Add((recorded.Tenant, recorded.StreamId)))
            _pending.Add((recorded.Tenant, recorded.StreamId));
    }

    /// <summary>A stream rejoined.</summary>
    public void Release(TenantId tenant, StreamId stream) => _all.Remove((tenant, stream));

    /// <summary>What was parked is stored.</summary>
    public void Committed() => _pending.Clear();

    /// <summary>What was parked since the last commit is not.</summary>
    public void Abandon()
    {
        foreach (var stream in _pending)
            _all.Remove(stream);
        _pending.Clear();
    }

    /// <summary>What is stored may be another set than this one; it is loaded again.</summary>
    public void Forget()
    {
        _isLoaded = false;
        _all.Clear();
        _pending.Clear();
    }

    private async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(TenantId Tenant, StreamId Stream)> stored;
        try
        {
            stored = await store.LoadParkedAsync(shard, countMax + 1, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Not an error of any event.
            throw new ShardStartException(shard, e);
        }

        if (stored.Count > countMax)
            throw new ParkedStreamsException(shard, countMax);
        _all.UnionWith(stored);
        _isLoaded = true;
    }
}
