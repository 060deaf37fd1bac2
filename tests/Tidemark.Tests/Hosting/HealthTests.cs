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
}
