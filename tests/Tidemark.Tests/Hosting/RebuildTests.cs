using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

public sealed class RebuildTests
{
    private static readonly Happening[] Start =
        [new("", "a", new Opened("A")), .. Enumerable.Range(1, 20).Select(n => new Happening("", "a", new Deposited(n)))];

    [Fact]
    public async Task Readers_see_the_old_model_until_the_new_one_is_complete()
    {
        var (hold, reached) = Holds();
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>().Configure(o =>
        {
            o.Shards.CommitEventsMax = 5;
            o.FormerGenerationsKept = 0;
        }),
            hook: s =>
            s.BeforeCommit = c => HoldSecondCommitAsync(c, hold, reached));
        await bank.AppendAsync(Start);
        await bank.CaughtUpAsync();
        var before = await ReadAsync(bank);

        var rebuild = bank.Daemon.RebuildAsync("Balances");
        await reached.Task.InTime();
        bank.Daemon.Status().Shards.ToDictionary(s => s.Shard.Generation, s => s.RebuildShare is null)
            .ShouldBe(new Dictionary<int, bool> { [1] = true, [2] = false }, ignoreOrder: true);
        (await ReadAsync(bank)).ShouldBe(before);
        await bank.AppendAsync(new Happening("", "a", new Deposited(100)));
        await bank.CaughtUpAsync();
        (await ReadAsync(bank))!.Amount.ShouldBe(before!.Amount + 100);
        rebuild.IsCompleted.ShouldBeFalse();
        hold.SetResult();

        await rebuild.InTime();
        (await ReadAsync(bank))!.Amount.ShouldBe(before.Amount + 100);
        await LiveGenerationShouldBeAsync(bank, 2);
        await bank.AppendAsync(new Happening("", "a", new Deposited(1)));
        await bank.CaughtUpAsync();
        (await ReadAsync(bank))!.Amount.ShouldBe(before.Amount + 101);

        // The swap is what a rebuild waits for; the former checkpoints go right behind it.
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await bank.Storage.Checkpoints.ReadAllAsync(late.Token)).Any(c => c.Shard.Generation != 2))
            await Task.Yield();
    }

    [Fact]
    public async Task Rebuild_after_a_split_and_a_merge_is_swapped_in()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await bank.AppendAsync(Start);
        await bank.Host.Control.SplitAsync("Balances", 3).InTime();
        await bank.Host.Control.MergeAsync("Balances", 2).InTime();

        await bank.Daemon.RebuildAsync("Balances").InTime();

        await LiveGenerationShouldBeAsync(bank, 2);
        await bank.CaughtUpAsync();
        (await ReadAsync(bank))!.Amount.ShouldBe(210);
    }

    [Fact]
    public async Task Second_rebuild_waits_for_the_one_under_way_and_a_later_one_builds_again()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await bank.AppendAsync(Start);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => bank.Daemon.RebuildAsync("Balances"))).InTime();
        await bank.Daemon.RebuildAsync("Balances").InTime();

        await bank.CaughtUpAsync();
        (await ReadAsync(bank))!.Amount.ShouldBe(210);
        (await GenerationsAsync(bank)).Count(g => g.State == GenerationState.Live).ShouldBe(1);
    }

    [Fact]
    public async Task Changed_version_builds_beside_the_old_model_and_waiting_for_it_shows_the_new_one()
    {
        var (hold, reached) = Holds();
        await using var bank = await StartChangedAsync(hold, reached);
        await reached.Task.InTime();
        (await ReadAsync(bank))!.Amount.ShouldBe(210);
        var wait = bank.CaughtUpAsync();
        hold.SetResult();

        await wait;
        (await ReadAsync(bank))!.Amount.ShouldBe(420);
        var generations = await GenerationsAsync(bank);
        generations.Single(g => g.State == GenerationState.Live).Version.ShouldBe(2);
    }

    [Fact]
    public async Task Wait_for_a_changed_version_does_not_end_before_readers_see_it()
    {
        var (hold, reached) = Holds();
        await using var bank = await StartChangedAsync(hold, reached);
        await reached.Task.InTime();

        var wait = bank.CaughtUpAsync();

        // The build itself has passed everything: what is missing is the swap alone.
        bank.Daemon.Status().Shards.ShouldAllBe(s => s.Gap == 0);
        wait.IsCompleted.ShouldBeFalse();
        hold.SetResult();
        await wait.InTime();
    }

    [Fact]
    public async Task Build_that_begins_before_the_mark_is_known_is_not_taken_for_complete()
    {
        var old = await FormerAsync();
        var isLive = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var published = new TaskCompletionSource<long?>(TaskCreationOptions.RunContinuationsAsynchronously);

        await using var bank = await BankHost.StartAsync(t => t.AddProjection(new Balances(version: 2)), old, hook: s =>
        {
            s.BeforeMark = () => isLive.Task;
            s.BeforeCommit = async _ =>
            {
                // A swap that does not wait for this commit comes first.
                for (var i = 0; i < 2000 && !published.Task.IsCompleted; i++)
                    await Task.Yield();
            };
            s.BeforePublish = async generation =>
            {
                var built = await s.LoadAsync("balances", generation, [new("", "a")], CancellationToken.None);
                published.TrySetResult(built.Select(d => (long?)d.Position.Value).SingleOrDefault());
            };
        });
        // The new shard sees no events yet, and so believes to be at the end of the log.
        await StateAsync(bank, ShardState.Live).InTime();
        isLive.SetResult();

        (await published.Task.InTime()).ShouldBe(Start.Length);
        await bank.CaughtUpAsync();
        (await ReadAsync(bank))!.Amount.ShouldBe(420);
    }

    [Fact]
    public async Task Build_that_was_stopped_goes_on_where_it_was()
    {
        var (hold, reached) = Holds();
        var old = await FormerAsync();
        void Build(Tidemark.Hosting.TidemarkBuilder t) => t.AddProjection(new Balances(version: 2))
            .Configure(o => o.Shards.CommitEventsMax = 5);
        await using var broken = await BankHost.StartAsync(Build, old,
            hook: s => s.BeforeCommit = c => HoldSecondCommitAsync(c, hold, reached));
        await reached.Task.InTime();
        await broken.Daemon.StopAsync(new CancellationToken(true)).InTime();
        (await ReadAsync(broken))!.Amount.ShouldBe(210);

        var commits = new List<ReadModelCommit>();
        await using var bank = await BankHost.StartAsync(Build, broken, hook: s => s.BeforeCommit = c =>
        {
            lock (commits)
                commits.Add(c);
            return Task.CompletedTask;
        });
        await bank.CaughtUpAsync();

        (await ReadAsync(bank))!.Amount.ShouldBe(420);
        commits[0].Move!.Previous.ShouldBe(new Position(5));
        commits.ShouldAllBe(c => c.Move!.Shard.Generation == 2);
        await LiveGenerationShouldBeAsync(bank, 2);
    }

    [Fact]
    public async Task Rebuild_that_the_daemon_leaves_behind_tells_all_who_wait_for_it()
    {
        var (hold, reached) = Holds();
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>().Configure(o => o.Shards.CommitEventsMax = 5),
            hook: s => s.BeforeCommit = c => HoldSecondCommitAsync(c, hold, reached));
        await bank.AppendAsync(Start);
        var preparing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bank.Storage.BeforePrepare = () => preparing.Task;
        var rebuilds = Enumerable.Range(0, 3).Select(_ => bank.Daemon.RebuildAsync("Balances")).ToArray();

        var stopping = bank.Daemon.StopAsync();
        preparing.SetResult();

        await stopping.InTime();
        foreach (var rebuild in rebuilds)
            (await Should.ThrowAsync<InvalidOperationException>(() => rebuild.InTime())).Message.ShouldContain("goes on at the next start");
    }

    [Fact]
    public async Task Swap_that_fails_is_tried_again()
    {
        var fails = 2;
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(), hook: s =>
            s.BeforePublish = _ => Interlocked.Decrement(ref fails) >= 0 ? throw new AwayException() : Task.CompletedTask);
        await bank.AppendAsync(Start);

        await bank.Daemon.RebuildAsync("Balances").InTime();

        await bank.CaughtUpAsync();
        (await ReadAsync(bank))!.Amount.ShouldBe(210);
    }

    [Fact]
    public async Task Rebuilt_model_that_went_live_follows_the_rules_of_a_live_one()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>()
            .Configure(o => o.Shards.ErrorsWhileRebuilding = new() { Serialization = ErrorAction.Skip }));
        await bank.AppendAsync(Start);
        await bank.Daemon.RebuildAsync("Balances").InTime();

        await bank.Storage.Log.AppendAsync([Make.Append("a", Make.Event(1) with { Json = "[]"u8.ToArray() })], CancellationToken.None);

        var error = await Should.ThrowAsync<ShardPausedException>(() => bank.CaughtUpAsync());
        error.InnerException.ShouldBeOfType<EventSerializationException>();
        (await bank.Daemon.ReadDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Waits_that_began_before_a_swap_end_after_it()
    {
        for (var run = 0; run < 10; run++)
        {
            await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>().Configure(o => o.Shards.CommitEventsMax = 3));
            await bank.AppendAsync(Start);
            var rebuild = bank.Daemon.RebuildAsync("Balances");
            var waits = new List<Task>();
            while (!rebuild.IsCompleted)
            {
                var result = await bank.Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)]);
                waits.Add(bank.Daemon.WaitForAsync("Balances", result.Last, Deadlines.Max));
                await Task.Yield();
            }

            await rebuild.InTime();
            await Task.WhenAll(waits).InTime();
        }
    }

    private static (TaskCompletionSource Hold, TaskCompletionSource Reached) Holds() =>
        (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));

    // A host that has caught up and ended; its data can be opened again.
    private static async Task<BankHost> FormerAsync()
    {
        await using var old = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await old.AppendAsync(Start);
        await old.CaughtUpAsync();
        return old;
    }

    // A changed version over a model that was caught up; its build is held just before the swap.
    private static async Task<BankHost> StartChangedAsync(TaskCompletionSource hold, TaskCompletionSource reached)
    {
        var old = await FormerAsync();
        return await BankHost.StartAsync(t => t.AddProjection(new Balances(version: 2)), old, hook: s =>
            s.BeforePublish = async _ =>
            {
                reached.TrySetResult();
                await hold.Task;
            });
    }

    private static async Task HoldSecondCommitAsync(ReadModelCommit commit, TaskCompletionSource hold, TaskCompletionSource reached)
    {
        if (commit.Move!.Shard.Generation != 2 || commit.Move.Previous == Position.Beginning)
            return;
        reached.TrySetResult();
        await hold.Task;
    }

    private static async Task StateAsync(BankHost bank, ShardState state)
    {
        while (bank.Daemon.Status().Shards.Single().State != state)
            await Task.Yield();
    }

    private static Task<Balance?> ReadAsync(BankHost bank) => bank.Store.Documents<Balance>().FindAsync("a");

    private static async Task<IReadOnlyList<ReadModelGeneration>> GenerationsAsync(BankHost bank) =>
        await bank.Storage.ReadGenerationsAsync(CancellationToken.None);

    private static async Task LiveGenerationShouldBeAsync(BankHost bank, int generation) =>
        (await GenerationsAsync(bank)).Single(g => g.State == GenerationState.Live).Generation.ShouldBe(generation);
}
