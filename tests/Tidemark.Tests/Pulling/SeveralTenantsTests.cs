using Tidemark.Pulling;
using Tidemark.TestKit;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Pulling;

/// <summary>The wait for a second tenant: it asks when the log grows, once a second at most, and does not end by an error.</summary>
public sealed class SeveralTenantsTests
{
    [Fact]
    public async Task Ends_once_the_log_has_grown_and_has_another_tenant()
    {
        await using var world = new PullingWorld();
        var (asked, has) = (0, false);
        world.Log.OnHasSeveralTenants = () => ++asked == 2 ? throw new AwayException() : has;
        await world.AppendAsync("deposited");
        (await world.SeveralTenants.AskAsync(default)).ShouldBeFalse();

        var ended = world.SeveralTenants.UntilAsync(default);
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
    public async Task Many_who_wait_ask_once_a_second_together()
    {
        const int waits = 50;
        await using var world = new PullingWorld();
        var (asked, has) = (0, false);
        world.Log.OnHasSeveralTenants = () =>
        {
            Interlocked.Increment(ref asked);
            return has;
        };
        Task[] ended = [.. Enumerable.Range(0, waits).Select(_ => world.SeveralTenants.UntilAsync(default))];
        await world.AppendAsync("deposited");
        await world.Clock.WaitForTimersAsync(waits).InTime();
        await world.AppendAsync("deposited");
        asked.ShouldBe(1);

        for (var second = 1; second <= 10; second++)
        {
            world.Clock.Advance(SeveralTenants.Interval);
            await Eventually.TrueAsync(() => Volatile.Read(ref asked) == 1 + second, () => $"one asks again; asked {asked} times");
            await world.AppendAsync("deposited");
            await world.Clock.WaitForTimersAsync(waits).InTime();
            asked.ShouldBe(1 + second);
        }

        has = true;
        world.Clock.Advance(SeveralTenants.Interval);
        await Task.WhenAll(ended).InTime();
        asked.ShouldBe(12);
    }

    [Fact]
    public async Task Is_not_asked_again_once_there_are_several()
    {
        await using var world = new PullingWorld();
        var asked = 0;
        world.Log.OnHasSeveralTenants = () => ++asked > 0;
        await world.AppendAsync("deposited");
        (await world.SeveralTenants.AskAsync(default)).ShouldBeTrue();
        await world.AppendAsync("deposited");

        (await world.SeveralTenants.AskAsync(default)).ShouldBeTrue();
        await world.SeveralTenants.UntilAsync(default).InTime();

        asked.ShouldBe(1);
    }

    [Fact]
    public async Task Ends_by_its_token()
    {
        await using var world = new PullingWorld();
        world.Log.OnHasSeveralTenants = () => false;
        using var enough = new CancellationTokenSource();
        var ended = world.SeveralTenants.UntilAsync(enough.Token);

        await enough.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => ended.InTime());
    }
}
