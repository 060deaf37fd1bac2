using Tidemark.Projections;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Tenancy;

/// <summary>The wait for a second tenant: it asks when the log grows, once a second at most, and does not end by an error.</summary>
public sealed class SeveralTenantsTests
{
    [Fact]
    public async Task Ends_once_the_log_has_grown_and_has_another_tenant()
    {
        await using var world = new PullingWorld();
        var (asked, has) = (0, false);
        world.Log.OnHasSeveralTenants = () => ++asked == 2 ? throw new AwayException() : has;
        var several = new SeveralTenants(world.Log, world.Agent, world.Clock);
        await world.AppendAsync("deposited");
        (await several.AskAsync(default)).ShouldBeFalse();

        var ended = several.UntilAsync(default);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        asked.ShouldBe(1);

        await world.AppendAsync("deposited");
        await world.Clock.WaitForTimersAsync(1).InTime();
        await world.AppendAsync("deposited");
        asked.ShouldBe(2);

        await world.Clock.NextAsync();
        await world.Clock.WaitForTimersAsync(1).InTime();
        asked.ShouldBe(3);
        ended.IsCompleted.ShouldBeFalse();

        has = true;
        await world.AppendAsync("deposited");
        await world.Clock.NextAsync();
        await ended.InTime();
        asked.ShouldBe(4);
    }

    [Fact]
    public async Task Never_ends_where_nobody_asked_or_there_are_several_and_the_token_ends_it()
    {
        await using var world = new PullingWorld();
        var asked = 0;
        world.Log.OnHasSeveralTenants = () => ++asked > 0;
        var several = new SeveralTenants(world.Log, world.Agent, world.Clock);
        using var enough = new CancellationTokenSource();

        var before = several.UntilAsync(enough.Token);
        await world.AppendAsync("deposited");
        (await several.AskAsync(default)).ShouldBeTrue();
        var after = several.UntilAsync(enough.Token);
        await world.AppendAsync("deposited");
        (before.IsCompleted, after.IsCompleted).ShouldBe((false, false));

        await enough.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => before);
        await Should.ThrowAsync<OperationCanceledException>(() => after);
        asked.ShouldBe(1);
    }
}
