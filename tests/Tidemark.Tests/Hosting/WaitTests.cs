using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

public sealed class WaitTests
{
    [Fact]
    public async Task Waiting_for_its_position_shows_the_own_write()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddAll(ProjectionLifecycle.Async));
        await bank.Store.AppendAsync("a", ExpectedVersion.Any, [new Opened("A")]);
        for (var n = 1; n <= 50; n++)
        {
            var result = await bank.Store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)]);
            await bank.Daemon.WaitForAsync("Balances", result.Last, Deadlines.Max);
            (await bank.Store.Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(n);
        }
    }

    [Fact]
    public async Task Waiting_for_a_position_passes_events_of_others()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        var result = await bank.Store.AppendAsync("a", ExpectedVersion.Any, [new Noted("x")]);
        await bank.Daemon.WaitForAsync("Balances", result.Last, Deadlines.Max);
    }

    [Fact]
    public async Task Caught_up_means_everything_committed_before_the_call()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddAll(ProjectionLifecycle.Async));
        await bank.CaughtUpAsync();
        for (var n = 1; n <= 20; n++)
        {
            await bank.AppendAsync(new("", "a", new Opened("A")), new Happening("", "a", new Deposited(n)));
            await bank.CaughtUpAsync();
            (await bank.Store.Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(n);
        }
    }

    [Fact]
    public async Task Wait_that_ends_in_vain_tells_who_is_behind_and_where()
    {
        var clock = new ManualClock();
        var hold = new TaskCompletionSource();
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>().AddProjection<Totals>(), clock: clock, hook: s =>
            s.BeforeCommit = c => c.Move!.Shard.Projection == "Balances" ? hold.Task : Task.CompletedTask);
        await bank.AppendAsync(new Happening("", "a", new Opened("A")));

        await bank.Daemon.WaitForAsync("Totals", new(1), Deadlines.Max).InTime();
        var wait = bank.Daemon.WaitForCaughtUpAsync(TimeSpan.FromHours(1));
        var error = await Should.ThrowAsync<TimeoutException>(() => clock.RunAsync(wait));

        error.Message.ShouldContain("position 1 was not passed");
        error.Message.ShouldContain("Balances:g1:0-1023@main is");
        error.Message.ShouldNotContain("Totals");
        hold.SetResult();
    }

    [Fact]
    public async Task Wait_for_a_paused_projection_throws_its_own_error()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>().AddProjection<Totals>());
        await bank.Storage.Log.AppendAsync([Make.Append("a", Make.Event(1) with { Json = "[]"u8.ToArray() })], CancellationToken.None);

        var error = await Should.ThrowAsync<ShardPausedException>(() => bank.CaughtUpAsync());

        error.InnerException.ShouldBeOfType<EventSerializationException>().Position.ShouldBe(new Position(1));
        error.Status!.State.ShouldBe(ShardState.Paused);
        error.Message.ShouldContain("is paused at position 0 (Serialization)");
        error.Message.ShouldContain("It tries again at");
        var status = bank.Daemon.Status();
        status.IsRunning.ShouldBeTrue();
        status.Mark.ShouldBe(new Position(1));
    }

    [Fact]
    public async Task Waiter_who_leaves_is_let_go()
    {
        var hold = new TaskCompletionSource();
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(), hook: s => s.BeforeCommit = _ => hold.Task);
        await bank.AppendAsync(new Happening("", "a", new Opened("A")));
        using var leave = new CancellationTokenSource();
        var wait = bank.Daemon.WaitForAsync("Balances", new(1), Deadlines.Max, leave.Token);

        await leave.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => wait.InTime());
        hold.SetResult();
    }

    [Fact]
    public async Task Waiting_where_nothing_runs_is_an_error()
    {
        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection<Balances>().AddProjection(new Books(), ProjectionLifecycle.Inline).Configure(o => o.RunDaemon = false));
        (await Should.ThrowAsync<InvalidOperationException>(() => bank.CaughtUpAsync())).Message
            .ShouldContain("does not run in this process");
        await bank.Daemon.StartAsync();

        Should.Throw<ArgumentException>(() => { _ = bank.Daemon.WaitForAsync("Books", new(1), Deadlines.Max); }).Message
            .ShouldContain("is not async");
        Should.Throw<ArgumentException>(() => { _ = bank.Daemon.WaitForAsync("None", new(1), Deadlines.Max); }).Message
            .ShouldContain("no projection 'None'");
        Should.Throw<ArgumentException>(() => bank.Daemon.Resume("None"));
    }
}
