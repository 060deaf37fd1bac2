using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Leases;

/// <summary>What the tests of roster and leases share.</summary>
public abstract class LeaseCase<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    protected static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(10);

    protected static readonly DateTimeOffset Moment = new(2030, 4, 5, 6, 7, 8, 901, 234, TimeSpan.Zero);

    protected ILeaseStore Leases => Storage.Leases;

    protected static Node NewNode(string name = "node", NodeState state = NodeState.Active) => new(
        Guid.CreateVersion7(), name, "host-1", 4711, Moment, state, 100, null, [new("Orders", 1), new("Mails", 3)], default, default);

    /// <summary>A shard that covers one slot.</summary>
    protected static ShardName Shard(int slot, string projection = "Orders", int generation = 1) =>
        new(projection, generation, new((short)slot, (short)slot), "main");

    protected static ShardName[] Shards(int count, string projection = "Orders") =>
        [.. Enumerable.Range(0, count).Select(slot => Shard(slot % Slot.Count, projection, 1 + (slot / Slot.Count)))];

    protected static ShardLease Wanted(ShardName shard, long epoch = 0) =>
        new(shard, null, 1, LeaseState.Wanted, null, new(epoch), null, null);

    protected static ShardLease[] Wanted(IEnumerable<ShardName> shards) => [.. shards.Select(s => Wanted(s))];

    protected static LeaseTick Tick(Node node, long known = 0) => new(node, TimeToLive, known);

    protected static ShardLease Find(LeaseView view, ShardName shard) => view.Shards.Single(l => l.Shard == shard);

    protected Task<LeaseView> TickAsync(LeaseTick tick) => Leases.TickAsync(tick, Token).AsTask();

    protected Task<LeaseView> BeatAsync(Node node, long known = 0) => TickAsync(Tick(node, known));

    protected Task<LeaseView> ReadAsync() => Leases.ReadAsync(Token).AsTask();

    /// <summary>Makes shards and lets a node take them all.</summary>
    protected async Task<LeaseView> OwnAsync(Node node, params ShardName[] shards) =>
        await TickAsync(Tick(node) with { Register = Wanted(shards), Claim = shards });

    protected Task<LeaseView> ClaimAsync(Node node, params ShardName[] shards) => TickAsync(Tick(node) with { Claim = shards });

    /// <summary>Beats for the shortest time there is, and waits until the store's clock has passed it.</summary>
    protected async Task ExpireAsync(Node node)
    {
        var until = (await TickAsync(Tick(node) with { TimeToLive = TimeSpan.FromMicroseconds(1) })).Now;
        while ((await ReadAsync()).Now <= until.AddMicroseconds(1))
            Token.ThrowIfCancellationRequested();
    }
}
