using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Events;

namespace Tidemark.Simulation.Tests.Deliveries;

/// <summary>
/// The store of a subscription's consumer, for one of its shards: what it has processed, and, when it keeps it itself, its token. Both
/// change together. Thread-safe: a node that has lost the shard may still be calling.
/// </summary>
internal sealed class SimulatedConsumer(bool keepsToken)
{
    private readonly Lock _gate = new();
    private readonly List<RecordedEvent> _effects = [];
    private HandshakeToken? _token;
    private HandshakeToken _fallback;

    /// <summary>Where it stands, as it knows.</summary>
    public HandshakeToken Stands
    {
        get
        {
            lock (_gate)
                return _token ?? _fallback;
        }
    }

    /// <summary>What it has processed, in that order.</summary>
    public IReadOnlyList<RecordedEvent> Effects
    {
        get
        {
            lock (_gate)
                return [.. _effects];
        }
    }

    /// <summary>The handshake. Returns its own token; null when it has none, or does not keep it.</summary>
    public HandshakeToken? Answer(HandshakeToken fallback)
    {
        lock (_gate)
        {
            _fallback = fallback;
            return _token;
        }
    }

    /// <summary>
    /// Processes the first events of a batch. Returns false and processes nothing when it keeps its token and stands elsewhere.
    /// </summary>
    public bool TryProcess(DeliveryBatch batch, HandshakeToken offered, int count)
    {
        lock (_gate)
        {
            if (keepsToken && (_token ?? _fallback) != offered)
                return false;
            _effects.AddRange(batch.Events.Span[..count]);
            if (keepsToken)
                _token = count == batch.Events.Length ? batch.Token : HandshakeToken.Delivered(batch.Events.Span[count - 1].Position);
            return true;
        }
    }

    /// <summary>Its database is restored from a backup: what it processed last is undone, and its token is that of then.</summary>
    public void Restore(int effects)
    {
        lock (_gate)
        {
            if (!keepsToken || effects >= _effects.Count)
                return;
            _effects.RemoveRange(effects, _effects.Count - effects);
            _token = effects == 0 ? null : HandshakeToken.Delivered(_effects[^1].Position);
        }
    }
}
