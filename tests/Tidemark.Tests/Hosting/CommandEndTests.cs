using Tidemark.Control;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

/// <summary>Commands that cannot come about end with the reason, and leave everything as it was.</summary>
public sealed class CommandEndTests
{
    private const string Whole = "Balances:g1:0-1023@main";

    private static readonly Happening[] Start =
        [new("", "a", new Opened("A")), .. Enumerable.Range(1, 20).Select(n => new Happening("", "a", new Deposited(n)))];

    [Fact]
    public async Task Split_and_merge_of_what_is_paused_leave_it_paused()
    {
        await using var bank = await StartAsync("one");
        await bank.AppendAsync(Start);
        await bank.CaughtUpAsync();
        await bank.Host.Control.PauseAsync("Balances").InTime();

        await bank.Host.Control.SplitAsync("Balances", 4).InTime();
        (await StatesAsync(bank)).ShouldBe(
            [(0, LeaseState.Paused), (256, LeaseState.Paused), (512, LeaseState.Paused), (768, LeaseState.Paused)]);
        await bank.Host.Control.ResumeAsync("Balances:g1:768-1023@main").InTime();
        await bank.Host.Control.ResumeAsync("Balances:g1:512-767@main").InTime();
        (await bank.Host.Control.MergeAsync("Balances", 2).InTime()).Result.ShouldBe("4 shard(s) of generation 1 replaced by 2.");
        (await StatesAsync(bank)).ShouldBe([(0, LeaseState.Paused), (512, LeaseState.Wanted)]);

        await bank.Host.Control.MergeAsync("Balances").InTime();
        (await StatesAsync(bank)).ShouldBe([(0, LeaseState.Paused)]);
        await bank.Host.Control.ResumeAsync("Balances").InTime();
        await bank.AppendAsync(Start[1..]);
        await bank.CaughtUpAsync();
        (await bank.Store.Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(420);
    }

    [Fact]
    public async Task Layout_that_has_some_of_the_shards_already_leaves_these_alone()
    {
        await using var bank = await StartAsync("one");
        await bank.AppendAsync(Start);
        await bank.Host.Control.SplitAsync("Balances", 2).InTime();
        await bank.Host.Control.SplitAsync("Balances:g1:0-511@main", 3).InTime();
        var before = (await bank.Host.Control.ReadLeasesAsync()).Shards.Single(l => l.Shard.Slots.First == 512);

        (await bank.Host.Control.MergeAsync("Balances", 2).InTime()).Result.ShouldBe("3 shard(s) of generation 1 replaced by 1.");

        (await StatesAsync(bank)).ShouldBe([(0, LeaseState.Wanted), (512, LeaseState.Wanted)]);
        (await bank.Host.Control.ReadLeasesAsync()).Shards.Single(l => l.Shard == before.Shard).Epoch.ShouldBe(before.Epoch);
        await bank.AppendAsync(Start[1..]);
        await bank.CaughtUpAsync();
        (await bank.Store.Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(420);
    }

    [Fact]
    public async Task Split_of_a_shard_that_vanishes_meanwhile_ends_with_the_reason()
    {
        var (held, hold) = (Source(), Source());
        await using var bank = await StartAsync("one", hook: s => s.BeforeCommit = _ =>
        {
            held.TrySetResult();
            return hold.Task;
        });
        await bank.AppendAsync(Start);
        await held.Task.InTime();
        var split = bank.Host.Control.SplitAsync("Balances", 2);
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await bank.Storage.Leases.ReadAsync(late.Token)).Shards.Single().State != LeaseState.Replacing)
            await Task.Yield();

        // As after a restore of the coordination database: what a node is told then is all there is.
        await bank.Storage.Leases.ChangeAsync(new LeaseChange { Remove = [ShardName.Parse(Whole)] }, late.Token);
        bank.Storage.ChangeView = view => view with { Shards = [], IsComplete = true };

        var failed = await Should.ThrowAsync<CommandFailedException>(() => split.InTime());
        failed.Command.Result!.ShouldStartWith($"Shard {Whole} is gone: it was replaced or dropped meanwhile.");
        hold.SetResult();
    }

    [Fact]
    public async Task Move_to_a_node_that_drains_or_has_no_room_or_not_the_code_fails_at_once()
    {
        await using var one = await StartAsync("one");
        await using var full = await StartAsync("full", one, shardsMax: 0);
        await using var other = await BankHost.StartAsync(
            t => t.AddProjection<Totals>().Configure(o => (o.Node.Name, o.Node.Tick) = ("other", TimeSpan.FromMilliseconds(200))), one);
        await using var draining = await StartAsync("draining", one);
        await one.Host.Control.DrainAsync("draining").InTime();
        await NodesAsync(one, 4);

        await FailsAsync(one.Host.Control.MoveAsync(Whole, "draining"), "Node draining is draining and takes no shards. Undrain it first");
        await FailsAsync(one.Host.Control.MoveAsync(Whole, "other"), "Node other cannot run Balances");
        await FailsAsync(one.Host.Control.MoveAsync(Whole, "full"), "Node full has no room for shard " + Whole);

        var lease = (await one.Host.Control.ReadLeasesAsync()).Shards.Single(l => l.Shard.Projection == "Balances");
        lease.Pin.ShouldBeNull();
    }

    [Fact]
    public async Task Move_of_a_paused_shard_takes_effect_when_it_is_resumed()
    {
        await using var one = await StartAsync("one");
        await using var two = await StartAsync("two", one);
        await NodesAsync(one, 2);
        await one.Host.Control.PauseAsync("Balances").InTime();

        (await one.Host.Control.MoveAsync(Whole, "two").InTime()).Result.ShouldBe("0 shard(s) run on node two; 1 will once resumed.");

        await one.Host.Control.ResumeAsync("Balances").InTime();
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (two.Daemon.Status().Shards.Count != 1)
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Drained_node_that_was_away_until_its_row_was_deleted_comes_back_drained()
    {
        await using var one = await StartAsync("one", timeToLive: 500);
        await using var two = await StartAsync("two", one);
        await NodesAsync(two, 2);
        await two.Host.Control.DrainAsync("one").InTime();
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (Known(one)?.State != NodeState.Draining)
            await Task.Yield();
        var before = (await two.Storage.Leases.ReadAsync(late.Token)).Nodes.Single(n => n.Name == "one");

        one.Storage.BeforeTick = _ => throw new AwayException();
        await NodesAsync(two, 1);
        one.Storage.BeforeTick = _ => Task.CompletedTask;
        await NodesAsync(two, 2);
        Node? now;
        while ((now = (await two.Storage.Leases.ReadAsync(late.Token)).Nodes.SingleOrDefault(n => n.Name == "one"))?.State
            != NodeState.Draining)
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        now!.StartedAt.ShouldBeGreaterThan(before.StartedAt);
        one.Daemon.Status().Shards.ShouldBeEmpty();
        await two.Host.Control.UndrainAsync("one").InTime();
        while ((await two.Storage.Leases.ReadAsync(late.Token)).Nodes.Single(n => n.Name == "one").State != NodeState.Active)
            await Task.Yield();

        Node? Known(BankHost bank) => bank.Storage.LastView?.Nodes.FirstOrDefault(n => n.Name == "one");
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Task<BankHost> StartAsync(
        string name, BankHost? former = null, int? shardsMax = null, int timeToLive = 10_000, Action<HookedStorage>? hook = null) =>
        BankHost.StartAsync(
            t => t.AddProjection(new Balances()).Configure(o =>
            {
                (o.Node.Name, o.Node.Tick) = (name, TimeSpan.FromMilliseconds(200));
                (o.Node.ShardsMax, o.Node.TimeToLive) = (shardsMax, TimeSpan.FromMilliseconds(timeToLive));
            }),
            former,
            hook: hook);

    private static async Task<(int First, LeaseState State)[]> StatesAsync(BankHost bank) =>
    [
        .. (await bank.Host.Control.ReadLeasesAsync()).Shards.Where(l => l.State != LeaseState.Retired)
            .Select(l => ((int)l.Shard.Slots.First, l.State)).Order(),
    ];

    private static async Task NodesAsync(BankHost bank, int count)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((bank.Storage.LastView?.Nodes.Count ?? 0) != count)
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task FailsAsync(Task<OperatorCommand> command, string why) =>
        (await Should.ThrowAsync<CommandFailedException>(() => command.InTime())).Message.ShouldContain(why);
}
