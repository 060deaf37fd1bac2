using FsCheck.Fluent;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

/// <summary>Projections in several shards, on several hosts that share the data.</summary>
public sealed class PartitionTests
{
    private static readonly string[] Names = ["Balances", "Books", "AllBooks", "Totals"];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    public async Task Final_state_is_that_of_the_unpartitioned_projection(int partitions)
    {
        var happenings = Seed.Cases(BankLedger.Happenings, 300);
        await using var bank = await BankHost.StartAsync(t => AddAll(t, partitions).Configure(o => o.Shards.CommitEventsMax = 7));
        await bank.AppendAsync(happenings);
        await bank.CaughtUpAsync();

        await bank.ShouldShowAsync(BankLedger.Of(happenings));
        bank.Daemon.Status().Shards.Count.ShouldBe(Names.Length * partitions);
    }

    [Fact]
    public async Task Hosts_share_the_shards_and_one_that_leaves_hands_over()
    {
        var happenings = Seed.Cases(BankLedger.Happenings, 300);
        await using var first = await StartAsync("one");
        await using var second = await StartAsync("two", first);
        await using var third = await StartAsync("three", first);
        BankHost[] all = [first, second, third];
        var append = first.AppendAsync(happenings);
        await SharedAsync(first, all, 16);
        all.ShouldAllBe(h => h.Daemon.Status().Shards.Count >= 5);

        await second.Daemon.StopAsync();
        await SharedAsync(first, [first, third], 16);
        await append;
        await first.CaughtUpAsync();
        await third.CaughtUpAsync();

        await first.ShouldShowAsync(BankLedger.Of(happenings));
        second.Daemon.Status().Shards.ShouldBeEmpty();
        (await first.Host.Control.ReadLeasesAsync()).Nodes.Select(n => n.Name).ShouldBe(["one", "three"], ignoreOrder: true);
    }

    [Fact]
    public async Task Splits_and_merges_at_any_moment_lose_and_repeat_nothing()
    {
        var ahead = 0;
        var cases = Seed.Cases(
            from happenings in BankLedger.Happenings.ArrayOf(250)
            from layouts in Gen.Elements(1, 2, 3, 5).ArrayOf(5)
            from slow in Gen.Choose(0, Slot.Count - 1)
            select (happenings, layouts, slow), 4);
        foreach (var (happenings, layouts, slow) in cases)
        {
            // The shards with one slot lag: merges find a faster half.
            void Slow(HookedStorage s) => s.BeforeCommit = async c =>
            {
                for (var i = 0; i < 100 && c.Move!.Shard.Slots.Contains((short)slow); i++)
                    await Task.Yield();
            };
            await using var first = await StartAsync("one", hook: Slow);
            await using var second = await StartAsync("two", first, hook: Slow);
            var append = Task.Run(() => first.AppendAsync(happenings));
            foreach (var layout in layouts)
            {
                await Task.WhenAll(Names.Select(n => first.Host.Control.SplitAsync(n, layout))).InTime();
                ahead += (await first.Storage.Checkpoints.ReadAllAsync(default)).Count(c => c.Ahead.Count > 0);
            }

            await append;
            await first.CaughtUpAsync();
            await second.CaughtUpAsync();

            await second.ShouldShowAsync(BankLedger.Of(happenings), string.Join(' ', layouts));
            (await first.Storage.Checkpoints.ReadAllAsync(default)).Count.ShouldBe(Names.Length * layouts[^1]);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{ahead} checkpoint(s) with slots ahead.");
    }

    [Fact]
    public async Task Merge_of_a_half_that_has_done_nothing_yet_keeps_the_documents_of_the_other()
    {
        var merged = false;
        var happenings = Seed.Cases(BankLedger.Happenings, 400);
        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection(new Books(acrossTenants: false, partitions: 2)),
            hook: s => s.BeforeCommit = c => merged || c.Move!.Shard.Slots.First != 0 ? Task.CompletedTask : throw new AwayException());
        await bank.AppendAsync(happenings);
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await bank.Storage.Checkpoints.ReadAllAsync(late.Token)).All(c => c.Position.Value < happenings.Count))
            await Task.Yield();

        var merge = bank.Host.Control.MergeAsync("Books");
        while ((await bank.Storage.Checkpoints.ReadAllAsync(late.Token)).All(c => c.Shard.Slots != SlotRange.All))
            await Task.Yield();
        merged = true;
        await merge.InTime();

        await bank.CaughtUpAsync();
        var books = await bank.DocumentsAsync<Book>("Books");
        books.OrderBy(b => b.Key).ShouldBe(BankLedger.Of(happenings).Books.OrderBy(b => b.Key));
    }

    [Fact]
    public async Task Merge_with_a_faster_half_leaves_out_what_that_half_has_done()
    {
        var merging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var happenings = Seed.Cases(BankLedger.Happenings, 400);
        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection(new Books(acrossTenants: false, partitions: 2)).Configure(o => o.Shards.CommitEventsMax = 1),
            hook: s => s.BeforeCommit = async c =>
            {
                if (c.Move!.Shard.Slots is not { First: 0, Last: 511 } || c.Move.Previous.Value < 20)
                    return;
                held.TrySetResult();
                await merging.Task;
                for (var i = 0; i < 500; i++)
                    await Task.Yield();
            });
        await bank.AppendAsync(happenings);
        await held.Task.InTime();
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (!bank.Daemon.Status().Shards.Any(s => s.Shard.Slots.First == 512 && s.Position.Value == happenings.Count))
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        var merge = bank.Host.Control.MergeAsync("Books");
        while ((await bank.Host.Control.ReadLeasesAsync(late.Token)).Shards.Any(l => l.State == LeaseState.Wanted))
            await Task.Yield();
        merging.SetResult();
        await merge.InTime();

        var made = (await bank.Storage.Checkpoints.ReadAllAsync(default)).ShouldHaveSingleItem();
        made.Ahead.ShouldHaveSingleItem().Slots.ShouldBe(new SlotRange(512, 1023));
        await bank.CaughtUpAsync();
        var books = await bank.DocumentsAsync<Book>("Books");
        books.OrderBy(b => b.Key).ShouldBe(BankLedger.Of(happenings).Books.OrderBy(b => b.Key));
    }

    [Fact]
    public async Task Layout_comes_from_the_checkpoints_when_the_leases_are_lost()
    {
        var happenings = Seed.Cases(BankLedger.Happenings, 100);
        await using var former = await StartAsync("one");
        await former.AppendAsync(happenings);
        await former.Host.Control.SplitAsync("Books", 3).InTime();
        await former.CaughtUpAsync();
        await former.Daemon.StopAsync();
        var leases = (await former.Storage.Leases.ReadAsync(default)).Shards;
        (await former.Storage.Leases.ChangeAsync(new LeaseChange { Remove = [.. leases.Select(l => l.Shard)] }, default)).ShouldBeTrue();

        await using var bank = await StartAsync("two", former);
        var stored = await bank.Storage.Checkpoints.ReadAllAsync(default);
        foreach (var lease in (await bank.Storage.Leases.ReadAsync(default)).Shards)
            lease.Epoch.Value.ShouldBeGreaterThanOrEqualTo(stored.Single(c => c.Shard == lease.Shard).Epoch.Value);
        await bank.AppendAsync(happenings);
        await bank.CaughtUpAsync();

        bank.Daemon.Status().Shards.Where(s => s.Shard.Projection == "Books").Select(s => s.Shard.Slots)
            .ShouldBe(SlotRange.All.Divide(3), ignoreOrder: true);
        await bank.ShouldShowAsync(BankLedger.Of([.. happenings, .. happenings]));
    }

    private static Task<BankHost> StartAsync(string name, BankHost? former = null, Action<HookedStorage>? hook = null) =>
        BankHost.StartAsync(
            t => AddAll(t, 4).Configure(o =>
            {
                (o.Node.Name, o.Node.Tick) = (name, TimeSpan.FromMilliseconds(200));
                o.Shards.CommitEventsMax = 5;
            }),
            former,
            hook: hook);

    private static TidemarkBuilder AddAll(TidemarkBuilder builder, int partitions) => builder
        .AddProjection(new Balances(1, partitions)).AddProjection(new Books(acrossTenants: false, partitions))
        .AddProjection(new Books(acrossTenants: true, partitions)).AddProjection(new Totals(partitions));

    // Every shard has an owner, and every host has some.
    private static async Task SharedAsync(BankHost any, BankHost[] hosts, int shards)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (hosts.Sum(h => h.Daemon.Status().Shards.Count) != shards
            || (await any.Host.Control.ReadLeasesAsync(late.Token)).Shards.Select(l => l.Owner).Distinct().Count() != hosts.Length
            || hosts.Max(h => h.Daemon.Status().Shards.Count) - hosts.Min(h => h.Daemon.Status().Shards.Count) > 1)
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
