using System.Collections.Concurrent;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Hosting;

/// <summary>The shards that run on this node, whatever event database they are on.</summary>
internal sealed class HostedShards
{
    /// <summary>The epochs they run under, draining ones included.</summary>
    public ConcurrentDictionary<ShardName, Epoch> Epochs { get; } = new();

    /// <summary>Epochs to raise, as an event database has seen higher ones.</summary>
    public ConcurrentDictionary<ShardName, Epoch> Raises { get; } = new();

    /// <summary>Takes the epochs to raise; each is given once.</summary>
    public IReadOnlyList<KeyValuePair<ShardName, Epoch>> TakeRaises()
    {
        var taken = Raises.ToArray();
        foreach (var (shard, _) in taken)
            Raises.TryRemove(shard, out _);
        return taken;
    }
}
