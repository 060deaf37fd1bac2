using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Tidemark.Hosting;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

public sealed class HealthTests
{
    [Fact]
    public async Task Daemon_that_has_caught_up_is_healthy_and_so_is_a_process_without_one()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await bank.CaughtUpAsync();
        bank.Daemon.CheckHealth().ShouldSatisfyAllConditions(
            h => h.State.ShouldBe(HealthState.Healthy), h => h.Reasons.ShouldBeEmpty());
        await bank.Daemon.StopAsync();
        bank.Daemon.CheckHealth().State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public async Task Paused_shard_degrades_and_says_why()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await bank.Storage.Log.AppendAsync([Make.Append("a", Make.Event(1) with { Json = "[]"u8.ToArray() })], CancellationToken.None);
        await Should.ThrowAsync<Exception>(() => bank.CaughtUpAsync());

        var health = bank.Daemon.CheckHealth();

        health.State.ShouldBe(HealthState.Degraded);
        health.Reasons.ShouldHaveSingleItem().ShouldStartWith("shard Balances:g1:0-1023@main is paused (Serialization)");
    }

    [Fact]
    public async Task Work_that_no_node_can_take_degrades_and_says_why()
    {
        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection(new Balances(1, partitions: 8)).Configure(o => o.Node.ShardsMax = 1));

        var health = bank.Daemon.CheckHealth();

        health.State.ShouldBe(HealthState.Degraded);
        var reason = health.Reasons.ShouldHaveSingleItem();
        reason.ShouldStartWith("7 shard(s) cannot be placed, as every node that can run Balances");
        reason.ShouldContain("is at its ceiling (ShardsMax): Balances:g1:");
        reason.ShouldEndWith(", …");
    }

    [Fact]
    public async Task Loop_of_the_mark_that_is_silent_for_too_long_is_unhealthy()
    {
        var clock = new ManualClock();
        var (held, hold) = (Source(), Source());
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(), clock: clock);
        bank.Storage.BeforeMark = () =>
        {
            held.TrySetResult();
            return hold.Task;
        };
        bank.Host.Database.HighWater.Signal(appended: false);
        await held.Task.InTime();
        bank.Daemon.CheckHealth().State.ShouldBe(HealthState.Healthy);

        clock.Advance(TimeSpan.FromMinutes(2));

        bank.Daemon.CheckHealth().ShouldSatisfyAllConditions(
            h => h.State.ShouldBe(HealthState.Unhealthy),
            h => h.Reasons.ShouldContain(
                "the loop of the high-water mark has been silent for 120 s; it should not be for more than 68 s"));
        hold.SetResult();
        await StateAsync(bank, HealthState.Healthy);
    }

    [Fact]
    public async Task Loop_of_the_node_whose_heartbeat_never_returns_is_unhealthy()
    {
        var clock = new ManualClock();
        var (held, hold) = (Source(), Source());
        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection<Balances>().Configure(o => o.Node.Name = "one"), clock: clock);
        bank.Storage.BeforeTick = _ =>
        {
            held.TrySetResult();
            return hold.Task;
        };
        clock.Advance(TimeSpan.FromSeconds(5));
        await held.Task.InTime();
        bank.Daemon.CheckHealth().State.ShouldBe(HealthState.Healthy);

        clock.Advance(TimeSpan.FromMinutes(2));

        bank.Daemon.CheckHealth().ShouldSatisfyAllConditions(
            h => h.State.ShouldBe(HealthState.Unhealthy),
            h => h.Reasons.ShouldContain("the loop of node one has been silent for 120 s; it should not be for more than 74 s"));
        hold.SetResult();
        await StateAsync(bank, HealthState.Healthy);
    }

    [Fact]
    public async Task Coordination_database_that_does_not_answer_degrades_until_it_does()
    {
        var clock = new ManualClock();
        var held = Source();
        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection<Balances>().Configure(o => o.Node.Name = "one"), clock: clock);
        bank.Storage.BeforeTick = ct =>
        {
            held.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, ct);
        };
        clock.Advance(TimeSpan.FromSeconds(5));
        await held.Task.InTime();

        clock.Advance(TimeSpan.FromSeconds(11));
        await StateAsync(bank, HealthState.Degraded);

        bank.Daemon.CheckHealth().Reasons.ShouldHaveSingleItem()
            .ShouldBe("the heartbeats of node one fail: The coordination database did not answer a heartbeat in time.");
        bank.Storage.BeforeTick = _ => Task.CompletedTask;
        await StateAsync(bank, HealthState.Healthy, () => clock.Advance(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Health_checks_of_a_host_show_the_daemon()
    {
        var clock = new ManualClock();
        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection(new Balances(1, partitions: 2)).Configure(o => (o.Node.Name, o.Node.ShardsMax) = ("one", 1)),
            clock: clock);
        await using var checks = new ServiceCollection().AddLogging().AddSingleton(bank.Daemon)
            .AddHealthChecks().AddTidemark().AddTidemark("strict", HealthStatus.Degraded, ["live"]).Services.BuildServiceProvider();
        var service = checks.GetRequiredService<HealthCheckService>();

        var degraded = await service.CheckHealthAsync();

        degraded.Status.ShouldBe(HealthStatus.Degraded);
        var entry = degraded.Entries["tidemark"];
        entry.Description!.ShouldStartWith("1 shard(s) cannot be placed");
        entry.Data[TidemarkHealthChecksBuilderExtensions.ReasonsKey].ShouldBe(bank.Daemon.CheckHealth().Reasons);
        degraded.Entries["strict"].Tags.ShouldBe(["live"]);

        var (held, hold) = (Source(), Source());
        bank.Storage.BeforeTick = _ =>
        {
            held.TrySetResult();
            return hold.Task;
        };
        clock.Advance(TimeSpan.FromSeconds(5));
        await held.Task.InTime();
        clock.Advance(TimeSpan.FromMinutes(2));
        var silent = await service.CheckHealthAsync();
        silent.Entries["tidemark"].Status.ShouldBe(HealthStatus.Unhealthy);
        silent.Entries["strict"].Status.ShouldBe(HealthStatus.Degraded);
        hold.SetResult();

        await bank.Daemon.StopAsync().InTime();
        (await service.CheckHealthAsync()).Status.ShouldBe(HealthStatus.Healthy);
    }

    [Fact]
    public async Task Check_without_a_store_says_what_is_missing()
    {
        await using var checks = new ServiceCollection().AddLogging().AddHealthChecks().AddTidemark().Services.BuildServiceProvider();

        var error = await Should.ThrowAsync<InvalidOperationException>(
            () => checks.GetRequiredService<HealthCheckService>().CheckHealthAsync());

        error.Message.ShouldStartWith("There is no store to check. Call services.AddTidemark");
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // While heartbeats fail, the next try waits for the clock.
    private static async Task StateAsync(BankHost bank, HealthState state, Action? whileFailing = null)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (bank.Daemon.CheckHealth() is var health && health.State != state)
        {
            late.Token.ThrowIfCancellationRequested();
            if (health.Reasons.Any(r => r.StartsWith("the heartbeats of", StringComparison.Ordinal)))
                whileFailing?.Invoke();
            for (var i = 0; i < 100; i++)
                await Task.Yield();
        }
    }
}
