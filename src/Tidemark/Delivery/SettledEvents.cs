using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>
/// Events that were recorded as dead letters instead of being handed over, after the place that a consumer went back to. Not safe for
/// concurrent use.
/// </summary>
internal sealed class SettledEvents(ShardName shard, IDeadLetterStore deadLetters)
{
    private const int PageMax = 1000;

    private readonly HashSet<Position> _positions = [];

    /// <summary>Whether an event is one of them.</summary>
    public bool Contains(Position position) => _positions.Count > 0 && _positions.Contains(position);

    /// <summary>Reads those after a position anew.</summary>
    public async ValueTask LoadAsync(Position after, CancellationToken cancellationToken)
    {
        _positions.Clear();
        while (true)
        {
            var letters = await deadLetters.ReadAsync(shard.Projection, after, PageMax, cancellationToken).ConfigureAwait(false);
            _positions.UnionWith(letters.Where(l => l.Shard.Generation == shard.Generation).Select(l => l.Position));
            if (letters.Count < PageMax)
                return;
            after = letters[^1].Position;
        }
    }
}
