using Tidemark.Leases;
using Tidemark.Placement;

namespace Tidemark.Hosting;

/// <summary>Moves shards to a node that an operator chose, and lets them go again.</summary>
internal sealed class ShardMoves(NodeAgent node, ShardStates states)
{
    /// <summary>Pins shards to a node, and waits until those that are to run do so there.</summary>
    /// <exception cref="ArgumentException">The node cannot take one of them; nothing was changed, or it was taken back.</exception>
    public async Task<string> PinAsync(IReadOnlyList<ShardName> shards, Node to, CancellationToken cancellationToken)
    {
        Check(node.Book, shards, to.Id);
        var former = shards.Select(s => KeyValuePair.Create(s, node.Book.Shards.GetValueOrDefault(s)?.Pin)).ToArray();
        await PinAsync(shards.Select(s => KeyValuePair.Create<ShardName, Guid?>(s, to.Id)), cancellationToken).ConfigureAwait(false);
        try
        {
            await states.UntilAsync(
                b =>
                {
                    Check(b, shards, to.Id);
                    return shards.All(s => b.Shards[s].State != LeaseState.Wanted || b.OwnerOf(b.Shards[s]) == to.Id);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            await PinAsync(former.Where(f => node.Book.Shards.ContainsKey(f.Key)), cancellationToken).ConfigureAwait(false);
            throw;
        }

        var running = shards.Count(s => node.Book.Shards.GetValueOrDefault(s)?.State == LeaseState.Wanted);
        return running == shards.Count
            ? $"{running} shard(s) run on node {to.Name}."
            : $"{running} shard(s) run on node {to.Name}; {shards.Count - running} will once resumed.";
    }

    /// <summary>Lets shards go wherever the balance wants them.</summary>
    public async Task<string> UnpinAsync(IReadOnlyList<ShardName> shards, CancellationToken cancellationToken)
    {
        await PinAsync(shards.Select(s => KeyValuePair.Create<ShardName, Guid?>(s, null)), cancellationToken).ConfigureAwait(false);
        return $"{shards.Count} shard(s) may move again.";
    }

    // Says at once what would otherwise never come about.
    private static void Check(LeaseBook book, IReadOnlyList<ShardName> shards, Guid to)
    {
        if (book.Nodes.FirstOrDefault(n => n.Id == to) is not { } target)
            throw new ArgumentException($"Node {to} is no longer alive. Name one that is.");
        if (target.State == NodeState.Draining)
            throw new ArgumentException($"Node {target.Name} is draining and takes no shards. Undrain it first, or name another one.");
        foreach (var shard in shards)
        {
            if (!book.Shards.TryGetValue(shard, out var lease) || lease.State == LeaseState.Retired)
                throw new ArgumentException($"Shard {shard} is gone: it was replaced or dropped meanwhile. Look at the status.");
            if (!target.Capabilities.Contains(lease.Needs))
            {
                throw new ArgumentException(
                    $"Node {target.Name} cannot run {lease.Needs}. It can run: {string.Join(", ", target.Capabilities)}.");
            }

            // Where the plan has the pin and does not follow it, the node is full, or the shard's group is pinned elsewhere.
            if (lease.Pin == to && lease.State == LeaseState.Wanted && book.Plan.Placed.GetValueOrDefault(shard) != to)
            {
                throw new ArgumentException(
                    $"Node {target.Name} has no room for shard {shard} (ShardsMax is {target.ShardsMax?.ToString() ?? "not set"}), or " +
                    "its group is pinned to another node. Move other shards away first.");
            }
        }
    }

    private async Task PinAsync(IEnumerable<KeyValuePair<ShardName, Guid?>> pins, CancellationToken cancellationToken)
    {
        if (!await states.TryChangeAsync(new LeaseChange { Pin = [.. pins] }, cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException("The shards have changed meanwhile. Look at the status, and ask again if need be.");
    }
}
