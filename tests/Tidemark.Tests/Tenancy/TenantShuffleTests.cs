using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Tenancy;

/// <summary>Tenants flood and fail and are mended while their shards are split, merged, rebuilt and handed from node to node.</summary>
public sealed class TenantShuffleTests
{
    private static readonly string[] Tenants = ["", "acme", "bolt", "core"];
    private static readonly string[] Names = ["Diaries", "Shares"];

    [Fact]
    public async Task Whatever_happens_to_the_shards_every_event_takes_effect_once_and_in_order()
    {
        var random = new Random(Seed.New());
        var behind = 0;
        for (var n = 0; n < 6; n++)
            behind += await RunAsync(new Random(random.Next()));

        behind.ShouldBeGreaterThan(0, "tenants were left behind while the shards changed");
        TestContext.Current.TestOutputHelper?.WriteLine($"{behind} rows of tenants left behind were seen in split and merged shards");
    }

    private static async Task<int> RunAsync(Random random)
    {
        var poison = new Poison();
        var log = new List<(string Tenant, string Stream, long Amount)>();
        await using var first = await StartAsync("one", poison, null);
        await using var second = await StartAsync("two", poison, first);
        var behind = 0;
        for (var step = 0; step < 8; step++)
        {
            foreach (var tenant in Tenants)
                await AppendAsync(first, random, poison, log, tenant, random.Next(4) == 0 ? 150 : random.Next(1, 5));
            var name = Names[random.Next(Names.Length)];
            if (random.Next(3) == 0)
                await first.Host.Control.MergeAsync(name).InTime();
            else
                await first.Host.Control.SplitAsync(name, random.Next(2, 5)).InTime();
            behind += (await first.Storage.Checkpoints.ReadAllAsync(default)).Sum(c => c.Behind.Count);
            if (random.Next(3) == 0)
                await second.Daemon.StopAsync();
            else
                await second.Daemon.StartAsync();
            foreach (var (_, _, amount) in log.Where(_ => random.Next(3) == 0))
                poison.Heal(amount);
        }

        foreach (var (_, _, amount) in log)
            poison.Heal(amount);
        foreach (var name in Names)
            await RebuildAsync(first, second, name);
        await CaughtUpAsync(first, second);
        await CheckAsync(first, log);
        return behind;
    }

    private static Task<BankHost> StartAsync(string node, Poison poison, BankHost? former) => BankHost.StartAsync(
        t => t.AddProjection(new Diaries(poison)).AddProjection(new Shares(poison)).Configure(o =>
        {
            o.Node.Name = node;
            o.Pulling.PageEventsMax = 20;
            o.Shards.TurnEventsMax = 7;
            o.Shards.CommitEventsMax = 50;
        }),
        former);

    private static async Task AppendAsync(
        BankHost bank, Random random, Poison poison, List<(string Tenant, string Stream, long Amount)> log, string tenant, int count)
    {
        for (var n = 0; n < count; n++)
        {
            var (stream, amount) = ($"s{random.Next(3)}", (long)log.Count + 1);
            if (random.Next(count == 1 ? 4 : 50) == 0)
                poison.Add(amount);
            log.Add((tenant, stream, amount));
            await bank.Store.ForTenant(tenant).AppendAsync(stream, ExpectedVersion.Any, [new Deposited(amount)]);
        }
    }

    private static async Task RebuildAsync(BankHost first, BankHost second, string name)
    {
        var rebuild = first.Daemon.RebuildAsync(name);
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (!rebuild.IsCompleted)
        {
            ResumeAll(first, second);
            late.Token.ThrowIfCancellationRequested();
            await Task.WhenAny(rebuild, Task.Run(Task.Yield, late.Token));
        }

        await rebuild;
    }

    private static async Task CaughtUpAsync(BankHost first, BankHost second)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (true)
        {
            try
            {
                await first.CaughtUpAsync();
                return;
            }
            catch (ShardPausedException) when (!late.IsCancellationRequested)
            {
                ResumeAll(first, second);
            }
        }
    }

    // Those that wait for their next try, and no others.
    private static void ResumeAll(params BankHost[] banks)
    {
        foreach (var bank in banks)
        {
            foreach (var shard in bank.Daemon.Status().Shards)
            {
                if (shard.State == ShardState.Paused || shard.TenantsBehind.Any(b => b.Problem is not null))
                    bank.Daemon.Resume(shard.Shard.Projection);
            }
        }
    }

    private static async Task CheckAsync(BankHost bank, List<(string Tenant, string Stream, long Amount)> log)
    {
        foreach (var tenant in Tenants)
        {
            var store = bank.Store.ForTenant(tenant);
            var own = log.Where(e => e.Tenant == tenant).ToArray();
            foreach (var stream in own.GroupBy(e => e.Stream))
                (await store.Documents<Diary>().FindAsync(stream.Key))!.Amounts
                    .ShouldBe(string.Concat(stream.Select(e => $"{e.Amount};")), $"{tenant}/{stream.Key}");
            foreach (var rest in own.GroupBy(e => e.Amount % 3))
                (await store.Documents<Share>().FindAsync($"k{rest.Key}"))
                    .ShouldBe(new Share(rest.Sum(e => e.Amount), rest.Count()), tenant);
        }
    }
}
