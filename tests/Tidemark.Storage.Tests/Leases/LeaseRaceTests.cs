using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Leases;

/// <summary>Many nodes at once (I7).</summary>
public abstract class LeaseRaceTests<TKind> : LeaseCase<TKind>
    where TKind : ITestStoreKind
{
    [Fact]
    public async Task Each_of_1000_shards_claimed_by_8_nodes_at_once_has_one_owner()
    {
        var shards = Shards(1_000);
        await using var other = Store.OpenAgain();
        await TickAsync(Tick(NewNode()) with { Register = Wanted(shards) });

        var owned = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            var (node, random) = (NewNode(), new Random(i));
            var leases = i % 2 == 0 ? Leases : other.Leases;
            var mine = new HashSet<ShardName>();
            foreach (var claim in shards.OrderBy(_ => random.Next()).Chunk(100))
            {
                var view = await leases.TickAsync(Tick(node) with { Claim = claim }, Token);
                mine.UnionWith(view.Shards.Where(l => l.Owner == node.Id).Select(l => l.Shard));
            }

            return (node.Id, Mine: mine);
        })));

        owned.Sum(o => o.Mine.Count).ShouldBe(shards.Length);
        var stored = (await ReadAsync()).Shards;
        stored.ShouldAllBe(l => l.Epoch == new Epoch(1));
        foreach (var (id, mine) in owned)
            stored.Where(l => l.Owner == id).Select(l => l.Shard).ShouldBe(mine, ignoreOrder: true);
    }

    [Fact]
    public async Task Layout_registered_by_8_nodes_at_once_is_that_of_one_of_them()
    {
        await using var other = Store.OpenAgain();
        for (var round = 0; round < 5; round++)
        {
            var projection = $"P{round}";
            await Task.WhenAll(Enumerable.Range(1, 8).Select(n => Task.Run(async () =>
            {
                var layout = Enumerable.Range(n * 10, n)
                    .Select(last => new ShardName(projection, 1, new((short)(n * 10), (short)last), "main"));
                await (n % 2 == 0 ? Leases : other.Leases).TickAsync(Tick(NewNode()) with { Register = Wanted(layout) }, Token);
            })));

            var made = (await ReadAsync()).Shards.Where(l => l.Shard.Projection == projection).ToList();
            made.Count.ShouldBe(made[0].Shard.Slots.First / 10, "one layout, whole");
            made.ShouldAllBe(l => l.Shard.Slots.First == made[0].Shard.Slots.First);
        }
    }

    // A node that hardly beats in time, and one that takes its shard whenever it can.
    [Fact]
    public async Task Shard_is_never_taken_from_a_node_while_its_last_answer_says_that_it_lives()
    {
        const int takesMin = 20;
        var ttl = TimeSpan.FromMilliseconds(1);
        await using var other = Store.OpenAgain();
        var (slow, taker) = (NewNode("slow"), NewNode("taker"));
        await TickAsync(Tick(NewNode()) with { Register = [Wanted(Shard(0))] });
        var taken = new List<(DateTimeOffset From, DateTimeOffset Until)>();
        var (enough, isTrusted) = (false, false);
        var taking = Task.Run(async () =>
        {
            while (taken.Count < takesMin || !Volatile.Read(ref isTrusted))
            {
                Token.ThrowIfCancellationRequested();
                var view = await other.Leases.TickAsync(Tick(taker) with { Claim = [Shard(0)] }, Token);
                if (view.Shards[0].Owner != taker.Id)
                    continue;
                var held = await other.Leases.TickAsync(Tick(taker), Token);
                taken.Add((view.Now, held.Now));
                await other.Leases.TickAsync(Tick(taker) with { Release = [Shard(0)] }, Token);
            }

            Volatile.Write(ref enough, true);
        });
        var trusted = new List<DateTimeOffset>();
        var (known, owner) = (0L, (Guid?)null);
        while (!Volatile.Read(ref enough) && !taking.IsFaulted)
        {
            var view = await TickAsync(new LeaseTick(slow, ttl, known) { Claim = owner is null ? [Shard(0)] : [] });
            known = view.Change;
            owner = view.Shards.Count == 0 ? owner : view.Shards[0].Owner;
            if (owner != slow.Id)
                continue;
            trusted.Add(view.Now);
            Volatile.Write(ref isTrusted, true);
        }

        await taking;
        trusted.Count.ShouldBeGreaterThan(0);
        foreach (var (from, until) in taken)
        {
            trusted.ShouldNotContain(now => now <= from && from < now + ttl, $"taken at {from:O} from a node that was alive");
            trusted.ShouldNotContain(now => now > from && now <= until, $"the loss at {from:O} was not told");
        }
    }
}
