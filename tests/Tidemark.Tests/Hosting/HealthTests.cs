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
    public async Task Loop_that_is_silent_for_too_long_is_unhealthy()
    {
        var clock = new ManualClock();
        var hold = new TaskCompletionSource();
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>(), clock: clock);
        var held = new TaskCompletionSource();
        bank.Storage.BeforeMark = () =>
        {
            held.TrySetResult();
            return hold.Task;
        };
        bank.Host.Database.HighWater.Signal(appended: false);
        await held.Task.InTime();
        bank.Daemon.CheckHealth().State.ShouldBe(HealthState.Healthy);

        clock.Advance(TimeSpan.FromMinutes(2));

        var health = bank.Daemon.CheckHealth();
        health.State.ShouldBe(HealthState.Unhealthy);
        health.Reasons.ShouldContain(r => r.StartsWith("the loop of the high-water mark has been silent for", StringComparison.Ordinal));
        hold.SetResult();
    }
}
