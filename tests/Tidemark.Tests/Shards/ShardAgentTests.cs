using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Shards;

/// <summary>Handshake, delivery, commits, and how they are bounded.</summary>
public sealed class ShardAgentTests
{
    [Fact]
    public async Task Delivery_begins_after_a_delivered_token()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 10);
        scene.Consumer.Token = HandshakeToken.Delivered(new(6));

        await scene.Start().UntilPositionAsync(10);

        scene.Consumer.Applied.ShouldBe([7, 8, 9, 10]);
        await scene.UntilStateAsync(ShardState.Live);
    }

    [Fact]
    public async Task Delivery_begins_with_the_position_of_a_start_token()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 10);
        scene.Consumer.Token = HandshakeToken.Start(new(6));

        await scene.Start().UntilPositionAsync(10);

        scene.Consumer.Applied.ShouldBe([6, 7, 8, 9, 10]);
    }

    [Fact]
    public async Task Events_that_come_are_delivered_without_a_clock()
    {
        await using var scene = new ShardScene().Start();
        for (var n = 1; n <= 20; n++)
        {
            await scene.UntilStateAsync(ShardState.Live);
            await scene.World.AppendAsync("deposited");
            await scene.UntilPositionAsync(n);
        }

        scene.Consumer.Applied.ShouldBe(Enumerable.Range(1, 20).Select(n => (long)n));
        scene.Consumer.Commits.ShouldAllBe(c => c == 1);
    }

    [Fact]
    public async Task Commit_holds_at_most_so_many_events()
    {
        await using var scene = new ShardScene(new() { PageEventsMax = 7 });
        scene.Options.CommitEventsMax = 10;
        await scene.World.AppendAsync("deposited", 35);

        await scene.Start().UntilPositionAsync(35);

        scene.Consumer.Commits.ShouldBe([10, 10, 10, 5]);
        scene.Consumer.Applied.ShouldBe(Enumerable.Range(1, 35).Select(n => (long)n));
    }

    [Fact]
    public async Task Commit_is_made_when_the_consumer_holds_enough()
    {
        await using var scene = new ShardScene(new() { PageEventsMax = 5 });
        scene.Consumer.WantsCommitAt = 8;
        await scene.World.AppendAsync("deposited", 23);

        await scene.Start().UntilPositionAsync(23);

        scene.Consumer.Commits.ShouldBe([10, 10, 3]);
    }

    [Fact]
    public async Task Commit_is_made_when_gathering_took_long_enough()
    {
        await using var scene = new ShardScene(new() { PageEventsMax = 1 });
        scene.Consumer.GatherMax = TimeSpan.FromSeconds(10);
        scene.Consumer.OnEvent = _ => scene.Clock.Advance(TimeSpan.FromSeconds(4));
        await scene.World.AppendAsync("deposited", 7);

        await scene.Start().UntilPositionAsync(7);

        scene.Consumer.Commits.ShouldBe([3, 3, 1]);
    }

    [Fact]
    public async Task Idle_shard_writes_nothing()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 3);
        await scene.Start().UntilPositionAsync(3);
        await scene.UntilStateAsync(ShardState.Live);

        scene.Clock.PendingTimers.ShouldBe(0);
        scene.Clock.Advance(TimeSpan.FromHours(1));

        scene.Consumer.Commits.ShouldBe([3]);
    }

    [Fact]
    public async Task Progress_past_the_events_of_others_is_written_once_after_the_interval()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("noted", 5);
        await scene.Start().UntilPositionAsync(5);
        await scene.Clock.WaitForTimersAsync(1).InTime();
        await scene.World.AppendAsync("noted", 5);
        await scene.UntilPositionAsync(10);
        scene.Consumer.Commits.ShouldBeEmpty();
        scene.Consumer.Token.Position.ShouldBe(Position.Beginning);

        await scene.Clock.WaitForTimersAsync(1).InTime();
        scene.Clock.Advance(scene.Options.IdleProgressInterval);
        await scene.RunUntilAsync(_ => scene.Consumer.Commits.Count > 0);

        scene.Consumer.Token.ShouldBe(HandshakeToken.Delivered(new(10)));
        scene.Clock.Advance(TimeSpan.FromHours(1));
        scene.Consumer.Commits.ShouldBe([0]);
    }

    [Fact]
    public async Task Progress_past_the_events_of_others_is_written_also_while_they_keep_coming()
    {
        await using var scene = new ShardScene();
        scene.Start();
        for (var n = 1; n <= 30; n++)
        {
            await scene.World.AppendAsync("noted");
            await scene.UntilPositionAsync(n);
            await scene.Clock.WaitForTimersAsync(1).InTime();
            scene.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        scene.Consumer.Commits.Count.ShouldBeInRange(4, 7);
    }

    [Fact]
    public async Task Progress_of_many_foreign_positions_is_written_without_waiting()
    {
        await using var scene = new ShardScene(new() { PageEventsMax = 100 });
        scene.Options.CommitEventsMax = 50;
        scene.World.Add("noted", 1000);
        await scene.World.PublishAsync();

        await scene.Start().UntilAsync(_ => scene.Consumer.Commits.Count > 0);
    }

    [Fact]
    public async Task Shard_that_the_consumer_moves_elsewhere_repositions()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 5);
        await scene.Start().UntilPositionAsync(5);
        scene.Consumer.Jump(HandshakeToken.Delivered(new(2)));

        await scene.World.AppendAsync("deposited");
        await scene.UntilAsync(_ => scene.Consumer.Applied.Count == 9);

        scene.Consumer.Applied.ShouldBe([1, 2, 3, 4, 5, 3, 4, 5, 6]);
        scene.Consumer.Handshakes.ShouldBe(1);
        scene.Agent.Status.Error.ShouldBeNull();
    }

    [Fact]
    public async Task Shard_is_caught_up_again_after_it_fell_behind()
    {
        await using var scene = new ShardScene(new() { PageEventsMax = 10 });
        await scene.Start().UntilStateAsync(ShardState.Live);
        var release = new TaskCompletionSource();
        scene.World.BeforeRead = (_, _) => release.Task;
        await scene.World.AppendAsync("deposited", 100);
        await scene.UntilStateAsync(ShardState.CatchingUp);
        scene.Agent.Status.Gap.ShouldBe(100);

        release.SetResult();

        await scene.UntilAsync(s => s.State == ShardState.Live && s.Position.Value == 100);
        scene.Agent.Status.Gap.ShouldBe(0);
    }

    [Fact]
    public async Task Stop_commits_what_was_gathered()
    {
        await using var scene = new ShardScene(new() { PageEventsMax = 5 });
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Consumer.OnDeliver = _ =>
        {
            entered.TrySetResult();
            return release.Task;
        };
        await scene.World.AppendAsync("deposited", 50);
        scene.Start();
        await entered.Task.InTime();

        var stopping = scene.StopAsync();
        stopping.IsCompleted.ShouldBeFalse();
        release.SetResult();

        await stopping;
        scene.Consumer.Applied.ShouldBe([1, 2, 3, 4, 5]);
        scene.Consumer.Token.ShouldBe(HandshakeToken.Delivered(new(5)));
        scene.Agent.Status.State.ShouldBe(ShardState.Stopped);
    }

    [Fact]
    public async Task Stop_writes_progress_that_was_only_in_memory()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("noted", 5);
        await scene.Start().UntilPositionAsync(5);

        await scene.StopAsync();

        scene.Consumer.Token.ShouldBe(HandshakeToken.Delivered(new(5)));
    }

    [Fact]
    public async Task Stop_that_cannot_write_its_last_progress_ends_all_the_same_and_is_not_repeated()
    {
        await using var scene = new ShardScene();
        var tries = 0;
        await scene.World.AppendAsync("noted", 5);
        await scene.Start().UntilPositionAsync(5);
        await scene.Clock.WaitForTimersAsync(1).InTime();
        scene.Consumer.BeforeCommit = () =>
        {
            tries++;
            throw new AwayException();
        };

        await scene.StopAsync();

        tries.ShouldBe(1);
        scene.Agent.Status.State.ShouldBe(ShardState.Stopped);
    }

    [Fact]
    public async Task Abort_breaks_off_a_batch_and_nothing_of_it_counts()
    {
        await using var scene = new ShardScene();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Consumer.OnDeliver = _ =>
        {
            entered.TrySetResult();
            return new TaskCompletionSource().Task;
        };
        await scene.World.AppendAsync("deposited", 50);
        scene.Start();
        await entered.Task.InTime();

        await scene.StopAsync(abort: true);

        scene.Consumer.Applied.ShouldBeEmpty();
        scene.Agent.Status.State.ShouldBe(ShardState.Stopped);
        scene.World.Agent.Interests.Current.Types.ShouldBe(["deposited"]);
    }
}
