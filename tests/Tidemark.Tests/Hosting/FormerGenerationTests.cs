using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

/// <summary>What stays of a read model after a rebuild or a change of version.</summary>
public sealed class FormerGenerationTests
{
    private static readonly Happening[] Start =
        [new("", "a", new Opened("A")), .. Enumerable.Range(1, 20).Select(n => new Happening("", "a", new Deposited(n)))];

    [Fact]
    public async Task One_former_generation_stays_by_default()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await bank.AppendAsync(Start);
        for (var generation = 2; generation <= 4; generation++)
        {
            await bank.Daemon.RebuildAsync("Balances").InTime();
            await TablesAsync(bank, generation - 1, generation);
        }
    }

    [Fact]
    public async Task Fewer_to_keep_drops_all_that_are_too_many_at_the_next_start()
    {
        await using var former = await BankHost.StartAsync(
            t => t.AddProjection<Balances>().Configure(o => o.FormerGenerationsKept = 10));
        await former.AppendAsync(Start);
        for (var i = 0; i < 3; i++)
            await former.Daemon.RebuildAsync("Balances").InTime();
        await TablesAsync(former, 1, 2, 3, 4);
        await former.Daemon.StopAsync();

        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection<Balances>().Configure(o => o.FormerGenerationsKept = 1), former);
        await TablesAsync(bank, 3, 4);
    }

    [Fact]
    public async Task Clean_up_that_reaches_the_database_late_does_not_undo_the_next_swap()
    {
        var (sent, arrives) = (Source(), Source());
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await bank.AppendAsync(Start);
        await bank.CaughtUpAsync();
        bank.Storage.BeforeChange = async change =>
        {
            // The second generation's keeper clears away behind its swap.
            if (change.Set is not [{ Key.Generation: 2, Value: LeaseState.Wanted }] || sent.Task.IsCompleted)
                return;
            sent.SetResult();
            await arrives.Task;
        };
        await bank.Daemon.RebuildAsync("Balances").InTime();
        await sent.Task.InTime();

        var rebuild = bank.Daemon.RebuildAsync("Balances");
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await bank.Storage.Leases.ReadAsync(late.Token)).Shards.First(l => l.Shard.Generation == 2).State != LeaseState.Retired)
            await Task.Yield();
        arrives.SetResult();

        await rebuild.InTime();
        await TablesAsync(bank, 2, 3);
        var leases = (await bank.Storage.Leases.ReadAsync(late.Token)).Shards;
        leases.Single(l => l.Shard.Generation == 2).State.ShouldBe(LeaseState.Retired);
        leases.Single(l => l.Shard.Generation == 3).State.ShouldBe(LeaseState.Wanted);
    }

    [Fact]
    public async Task Build_of_a_version_that_was_overtaken_goes_with_the_swap()
    {
        await using var first = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await first.AppendAsync(Start);
        await first.CaughtUpAsync();
        await first.Daemon.StopAsync();
        var building = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var second = await BankHost.StartAsync(t => t.AddProjection(new Balances(2)), first, hook: s => s.BeforePublish = _ =>
        {
            building.TrySetResult();
            throw new AwayException();
        });
        await building.Task.InTime();
        await second.Daemon.StopAsync();

        await using var third = await BankHost.StartAsync(t => t.AddProjection(new Balances(3)), first);
        await third.CaughtUpAsync();

        (await third.Store.Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(630);
        await TablesAsync(third, 1, 3);
        (await third.Storage.ReadGenerationsAsync(default)).Select(g => (g.Generation, g.State)).ShouldBe(
            [(1, GenerationState.Retired), (2, GenerationState.Retired), (3, GenerationState.Live)], ignoreOrder: true);
    }

    [Fact]
    public async Task Process_with_older_code_leaves_the_newer_model_alone()
    {
        await using var newer = await BankHost.StartAsync(t => t.AddProjection(new Balances(2)));
        await newer.AppendAsync(Start);
        await newer.CaughtUpAsync();

        await using var older = await BankHost.StartAsync(t => t.AddProjection(new Balances(1)), newer);
        older.Daemon.Status().Shards.ShouldBeEmpty();
        await newer.AppendAsync(new Happening("", "a", new Deposited(5)));
        await newer.CaughtUpAsync();
        await older.CaughtUpAsync();
        (await older.Store.Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(430);

        // Alone, it says who is missing.
        await newer.Daemon.StopAsync();
        await older.AppendAsync(new Happening("", "a", new Deposited(5)));
        var late = await Should.ThrowAsync<TimeoutException>(
            () => older.Daemon.WaitForCaughtUpAsync(TimeSpan.FromMilliseconds(300)));
        late.Message.ShouldContain("runs nowhere");
        (await older.Store.Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(430);
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Waits until exactly these generations have tables.
    private static async Task TablesAsync(BankHost bank, params int[] generations)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (true)
        {
            var found = new List<int>();
            for (var generation = 1; generation <= 5; generation++)
            {
                try
                {
                    await bank.Storage.LoadAsync("balances", generation, [new("", "a")], late.Token);
                    found.Add(generation);
                }
                catch (InvalidOperationException)
                {
                }
            }

            if (found.SequenceEqual(generations))
                return;
            if (late.IsCancellationRequested)
                found.ShouldBe(generations);
            await Task.Yield();
        }
    }
}
