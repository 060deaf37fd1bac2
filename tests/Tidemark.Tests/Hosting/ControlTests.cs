using Tidemark.Checkpoints;
using Tidemark.Control;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

/// <summary>What operators ask for, and what comes of it.</summary>
public sealed class ControlTests
{
    private static readonly Happening[] Start =
        [new("", "a", new Opened("A")), .. Enumerable.Range(1, 20).Select(n => new Happening("", "a", new Deposited(n)))];

    [Fact]
    public async Task Pause_stops_a_projection_until_resumed()
    {
        await using var bank = await StartAsync("one");
        await bank.AppendAsync(Start);
        await bank.CaughtUpAsync();

        (await bank.Host.Control.PauseAsync("Balances").InTime()).Result.ShouldBe("1 shard(s) paused.");
        bank.Daemon.Status().Shards.ShouldBeEmpty();
        await bank.AppendAsync(new Happening("", "a", new Deposited(100)));
        (await AmountAsync(bank)).ShouldBe(210);

        (await bank.Host.Control.ResumeAsync("Balances:g1:0-1023@main").InTime()).Result.ShouldBe("1 shard(s) resumed.");
        await bank.CaughtUpAsync();
        (await AmountAsync(bank)).ShouldBe(310);
    }

    [Fact]
    public async Task Rebuild_swaps_by_itself_and_drop_takes_the_former_generation_once()
    {
        await using var bank = await StartAsync("one");
        await bank.AppendAsync(Start);

        // A former generation is left as it stands when the new one has caught up, which may be before it has seen anything.
        await bank.CaughtUpAsync();

        (await bank.Host.Control.RebuildAsync("Balances").InTime()).Result!.ShouldContain("Generation 2");
        await LiveAsync(bank, 2);
        (await AmountAsync(bank)).ShouldBe(210);
        (await LoadAsync(bank, 1)).ShouldBe(1);

        (await bank.Host.Control.DropFormerAsync("Balances").InTime()).Result.ShouldBe("1 former generation(s) dropped.");
        await Should.ThrowAsync<InvalidOperationException>(() => LoadAsync(bank, 1));
        (await bank.Host.Control.DropFormerAsync("Balances").InTime()).Result.ShouldBe("0 former generation(s) dropped.");
        (await AmountAsync(bank)).ShouldBe(210);
    }

    [Fact]
    public async Task Drain_moves_everything_off_a_node_and_undrain_lets_it_come_back()
    {
        await using var one = await StartAsync("one", partitions: 4);
        await using var two = await StartAsync("two", one, partitions: 4);
        await ShardsAsync(one, 2);

        (await two.Host.Control.DrainAsync("one").InTime()).Result.ShouldBe("Node one is drained.");
        await ShardsAsync(two, 4);
        one.Daemon.Status().Shards.ShouldBeEmpty();

        await two.Host.Control.UndrainAsync("one").InTime();
        await ShardsAsync(one, 2);
        await ShardsAsync(two, 2);
    }

    [Fact]
    public async Task Move_pins_a_shard_to_a_node()
    {
        await using var one = await StartAsync("one");
        await using var two = await StartAsync("two", one);
        var shard = "Balances:g1:0-1023@main";
        foreach (var (bank, name) in new[] { (two, "two"), (one, "one"), (two, "two") })
        {
            await one.Host.Control.MoveAsync(shard, name).InTime();
            await ShardsAsync(bank, 1);
        }

        (await one.Host.Control.MoveAsync(shard, null).InTime()).Result.ShouldBe("1 shard(s) may move again.");
        (await one.Host.Control.ReadLeasesAsync()).Shards.ShouldHaveSingleItem().Pin.ShouldBeNull();
    }

    [Fact]
    public async Task Split_and_merge_are_layouts_so_that_asking_twice_comes_to_the_same()
    {
        await using var bank = await StartAsync("one");
        await bank.AppendAsync(Start);

        (await bank.Host.Control.SplitAsync("Balances", 4).InTime()).Result.ShouldBe("1 shard(s) of generation 1 replaced by 4.");
        (await bank.Host.Control.SplitAsync("Balances", 4).InTime()).Result.ShouldBe("Generation 1 has 4 shard(s) already.");
        (await bank.Host.Control.SplitAsync("Balances:g1:0-255@main", 2).InTime()).Result.ShouldBe(
            "1 shard(s) of generation 1 replaced by 2.");
        (await bank.Host.Control.SplitAsync("Balances:g1:0-255@main", 2).InTime()).Result!.ShouldContain("replaced already");
        await ShardsAsync(bank, 5);
        (await bank.Host.Control.MergeAsync("Balances").InTime()).Result.ShouldBe("5 shard(s) of generation 1 replaced by 1.");

        await bank.AppendAsync(Start[1..]);
        await bank.CaughtUpAsync();
        (await AmountAsync(bank)).ShouldBe(420);
    }

    [Fact]
    public async Task Composite_is_not_split()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection(new BankComposite()));

        var refused = await Should.ThrowAsync<CommandFailedException>(() => bank.Host.Control.SplitAsync("BankComposite", 2).InTime());

        refused.Command.Result.ShouldBe(
            "Projection 'BankComposite' cannot be split: a composite, and one that raises side effects, runs as one shard.");
        bank.Daemon.Status().Shards.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Unknown_names_and_impossible_layouts_are_told()
    {
        await using var bank = await StartAsync("one");
        var control = bank.Host.Control;
        await FailsAsync(control.PauseAsync("Nothing"), "no projection and no shard 'Nothing'. Projections: Balances.");
        await FailsAsync(control.ResumeAsync("Balances:g9:0-1023@main"), "no projection and no shard");
        await FailsAsync(control.RebuildAsync("Nothing"), "There is no projection and no shard 'Nothing'. Projections: Balances.");
        await FailsAsync(control.DropFormerAsync("Nothing"), "no projection and no shard 'Nothing'");
        await FailsAsync(control.DrainAsync("nobody"), "no node 'nobody'. Nodes: one.");
        await FailsAsync(control.UndrainAsync("nobody"), "no node 'nobody'");
        await FailsAsync(control.MoveAsync("Balances", "nobody"), "no node 'nobody'");
        await FailsAsync(control.SplitAsync("Nothing", 2), "no projection and no shard 'Nothing'");
        await FailsAsync(control.SplitAsync("Balances:what@main", 2), "no shard name");
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => control.SplitAsync("Balances", 0));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => control.SplitAsync("Balances", 1025));
        await Should.ThrowAsync<ArgumentException>(() => control.PauseAsync(" "));
        bank.Daemon.Status().Shards.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Commands_stay_as_the_record_of_who_asked_for_what()
    {
        await using var bank = await StartAsync("one");
        await bank.Host.Control.As("anna").PauseAsync("Balances").InTime();
        await Should.ThrowAsync<CommandFailedException>(() => bank.Host.Control.As("ben").PauseAsync("Nothing").InTime());
        await bank.Host.Control.As("carl").SplitAsync("Balances", 2).InTime();

        var all = await bank.Host.Control.ReadCommandsAsync();

        all.Select(c => (c.Number, c.Action, c.Target, c.Argument, c.RequestedBy, c.State)).ShouldBe(
        [
            (3, OperatorAction.Split, "Balances", "2", "carl", CommandState.Succeeded),
            (2, OperatorAction.Pause, "Nothing", null, "ben", CommandState.Failed),
            (1, OperatorAction.Pause, "Balances", null, "anna", CommandState.Succeeded),
        ]);
        var node = (await bank.Host.Control.ReadLeasesAsync()).Nodes.Single().Id;
        all.ShouldAllBe(c => c.Node == node && c.EndedAt >= c.RequestedAt && c.Result != null);
        (await bank.Host.Control.ReadCommandsAsync(before: 3, countMax: 1)).ShouldBe([all[1]]);
    }

    [Theory]
    [InlineData(0)] // it had only taken the command
    [InlineData(1)] // it had paused the shard
    [InlineData(2)] // it had written the new checkpoints
    [InlineData(3)] // it had put the new shards in place
    public async Task Split_of_a_node_that_dies_is_finished_by_another(int steps)
    {
        await using var former = await StartAsync("one");
        await former.AppendAsync(Start);
        await former.CaughtUpAsync();
        await former.Daemon.StopAsync();
        var dead = await BeginSplitAsync(former.Storage, steps);
        await using var bank = await StartAsync("two", former);
        var number = (await bank.Host.Control.ReadCommandsAsync()).Single().Number;
        (await bank.Storage.Commands.FindAsync(number, default))!.Node.ShouldBe(dead);

        await bank.Storage.Leases.LeaveAsync(dead, default);

        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await bank.Storage.Commands.FindAsync(number, late.Token))!.State == CommandState.Running)
            await Task.Yield();
        var ended = (await bank.Storage.Commands.FindAsync(number, default))!;
        ended.State.ShouldBe(CommandState.Succeeded, ended.Result);
        ended.Node.ShouldNotBe(dead);
        await bank.AppendAsync(Start[1..]);
        await bank.CaughtUpAsync();
        (await AmountAsync(bank)).ShouldBe(420);
        (await bank.Storage.Checkpoints.ReadAllAsync(default)).Select(c => c.Shard.Slots)
            .ShouldBe(SlotRange.All.Divide(2), ignoreOrder: true);
    }

    // As a node does it, up to where it dies.
    private static async Task<Guid> BeginSplitAsync(HookedStorage storage, int steps)
    {
        var node = new Node(Guid.NewGuid(), "dead", "elsewhere", 1, default, NodeState.Active, 100, null, [], default, default);
        await storage.Leases.TickAsync(new LeaseTick(node, TimeSpan.FromMinutes(5), 0), default);
        var number = await storage.Commands.AddAsync(OperatorAction.Split, "Balances", "2", "anna", default);
        (await storage.Commands.TakeAsync(number, node.Id, default)).ShouldBeTrue();
        var lease = (await storage.Leases.ReadAsync(default)).Shards.ShouldHaveSingleItem();
        var epoch = new Epoch(lease.Epoch.Value + 1);
        ShardName[] shards = [.. SlotRange.All.Divide(2).Select(r => lease.Shard with { Slots = r })];
        if (steps >= 1)
            await storage.Leases.ChangeAsync(new LeaseChange { Set = [new(lease.Shard, LeaseState.Replacing)] }, default);
        if (steps >= 2)
        {
            var stored = await storage.Checkpoints.OpenAsync(lease.Shard, epoch, default);
            await storage.Checkpoints.ReplaceAsync(
                [lease.Shard], [.. shards.Select(s => stored with { Shard = s, Epoch = epoch })], default);
        }

        if (steps >= 3)
        {
            await storage.Leases.ChangeAsync(
                new LeaseChange
                {
                    Set = [new(lease.Shard, LeaseState.Retired)],
                    Add = [.. shards.Select(s => lease with { Shard = s, State = LeaseState.Wanted, Owner = null, Epoch = epoch })],
                },
                default);
        }

        return node.Id;
    }

    private static Task<BankHost> StartAsync(string name, BankHost? former = null, int partitions = 1) => BankHost.StartAsync(
        t => t.AddProjection(new Balances(1, partitions)).Configure(o =>
        {
            (o.Node.Name, o.Node.Tick) = (name, TimeSpan.FromMilliseconds(200));
            o.Shards.CommitEventsMax = 5;
        }),
        former);

    private static async Task FailsAsync(Task<OperatorCommand> command, string why) =>
        (await Should.ThrowAsync<CommandFailedException>(() => command.InTime())).Message.ShouldContain(why);

    private static async Task ShardsAsync(BankHost bank, int count)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (bank.Daemon.Status().Shards.Count != count)
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    internal static async Task LiveAsync(BankHost bank, int generation)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await bank.Storage.ReadGenerationsAsync(late.Token)).Single(g => g.State == GenerationState.Live).Generation != generation)
            await Task.Yield();
    }

    private static async Task<long> AmountAsync(BankHost bank) => (await bank.Store.Documents<Balance>().FindAsync("a"))!.Amount;

    private static async Task<int> LoadAsync(BankHost bank, int generation) =>
        (await bank.Storage.LoadAsync("balances", generation, [new("", "a")], default)).Count;
}
