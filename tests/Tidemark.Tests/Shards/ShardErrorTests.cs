using System.Globalization;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;
using Tidemark.Tests.Pulling;

namespace Tidemark.Tests.Shards;

/// <summary>What a shard does when something fails.</summary>
public sealed class ShardErrorTests
{
    private static readonly ErrorOptions Skip =
        new() { Apply = ErrorAction.Skip, Serialization = ErrorAction.Skip, UnknownType = ErrorAction.Skip };

    [Fact]
    public async Task Batch_that_fails_for_a_moment_is_repeated_whole_from_the_durable_token()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 10);
        var fails = 2;
        scene.Consumer.BeforeCommit = () => fails-- > 0 ? throw new AwayException() : Task.CompletedTask;

        await scene.Start().RunUntilAsync(s => s.Position.Value == 10);

        scene.Consumer.Applied.ShouldBe(Enumerable.Range(1, 10).Select(n => (long)n));
        scene.Consumer.Commits.ShouldBe([10]);
        scene.Agent.Status.Error.ShouldBeNull();
    }

    [Fact]
    public async Task Commit_whose_answer_was_lost_is_not_repeated()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 10);
        var fails = 1;
        scene.Consumer.AfterCommit = () => fails-- > 0 ? throw new AwayException() : Task.CompletedTask;

        await scene.Start().RunUntilAsync(s => s.Position.Value == 10);

        scene.Consumer.Applied.ShouldBe(Enumerable.Range(1, 10).Select(n => (long)n));
        scene.Agent.Status.State.ShouldNotBe(ShardState.Paused);
    }

    [Fact]
    public async Task Progress_whose_answer_was_lost_is_not_written_twice()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("noted", 10);
        var fails = 1;
        scene.Consumer.AfterCommit = () => fails-- > 0 ? throw new AwayException() : Task.CompletedTask;
        scene.Start();

        await scene.RunUntilAsync(_ => scene.Consumer.Reconfirmations == 1);
        await scene.UntilAsync(s => s.Position.Value == 10 && s.State != ShardState.Paused);

        scene.Consumer.Commits.ShouldBe([0]);
        await scene.World.AppendAsync("deposited");
        await scene.UntilPositionAsync(11);
        scene.Consumer.Applied.ShouldBe([11]);
    }

    [Fact]
    public async Task Error_of_asking_where_the_consumer_stands_is_blamed_on_no_event()
    {
        await using var scene = new ShardScene { Errors = Skip };
        await scene.Start().UntilStateAsync(ShardState.Live);
        scene.Consumer.AfterCommit = () => throw new AwayException();
        scene.Consumer.OnReconfirm = () => throw new RefusedException();

        await scene.World.AppendAsync("deposited");
        (await scene.Clock.NextAsync()).ShouldBe(scene.World.Pipelines.Delays[0]);
        await scene.UntilStateAsync(ShardState.Paused);

        scene.Consumer.AfterCommit = () => Task.CompletedTask;
        scene.Consumer.OnReconfirm = () => { };
        await scene.RunUntilAsync(s => s.State == ShardState.Live && s.Position.Value == 1);
        scene.Consumer.Applied.ShouldBe([1]);
        scene.Consumer.DeadLetters.ShouldBeEmpty();
    }

    [Fact]
    public async Task Outage_ends_at_once_when_the_database_is_back()
    {
        await using var scene = new ShardScene();
        scene.Start(withHighWaterLoop: true);
        await scene.UntilStateAsync(ShardState.Live);
        scene.World.Marks.Error = new AwayException();
        scene.Consumer.BeforeCommit = () => scene.World.Marks.Error is null ? Task.CompletedTask : throw new AwayException();
        scene.World.Add("deposited", 3);
        scene.World.Marks.Set(3);
        scene.World.Marks.Error = null;
        await scene.World.HighWater.RefreshAsync(CancellationToken.None);
        scene.World.Marks.Error = new AwayException();
        var away = scene.Clock.GetUtcNow();
        await scene.RunUntilAsync(s => s.State == ShardState.Paused);
        scene.Agent.Status.Error!.Category.ShouldBe(ErrorCategory.Database);
        while (scene.Clock.GetUtcNow() - away < TimeSpan.FromMinutes(5))
            await scene.Clock.NextAsync();

        scene.World.Marks.Error = null;
        var back = scene.Clock.GetUtcNow();

        while (scene.Clock.GetUtcNow() - back < TimeSpan.FromSeconds(3))
            await scene.Clock.NextAsync();

        // A try that was under way may have to wait for its own repetition; a pause would take far longer.
        var patience = TimeSpan.FromSeconds(1);
        for (var tries = 0; scene.Agent.Status.Position.Value < 3 && tries < 20; tries++)
        {
            var changed = scene.Agent.Changed.Next;
            if (scene.Agent.Status.Position.Value < 3 && await Task.WhenAny(changed, Task.Delay(patience)) != changed)
                await scene.Clock.NextAsync();
        }

        await scene.UntilPositionAsync(3);
        (scene.Clock.GetUtcNow() - back).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        scene.Consumer.Applied.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Bad_event_pauses_the_shard_before_it_and_everything_before_is_committed()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 10);
        Poison(scene, 7);

        await scene.Start().UntilStateAsync(ShardState.Paused);

        scene.Consumer.Applied.ShouldBe([1, 2, 3, 4, 5, 6]);
        scene.Consumer.DeadLetters.ShouldBeEmpty();
        var error = scene.Agent.Status.Error.ShouldNotBeNull();
        error.Category.ShouldBe(ErrorCategory.Apply);
        error.Exception.ShouldBeOfType<ApplyEventException>().Event.Position.ShouldBe(new Position(7));
        error.Attempts.ShouldBe(1);
        error.NextTry.ShouldBeGreaterThan(scene.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Nobody_waits_for_a_shard_that_pauses()
    {
        await using var scene = new ShardScene(new() { PageEventsMax = 10, CacheBytesMax = 16 * 1024 });
        await scene.World.AppendAsync("deposited", 500);
        Poison(scene, 2);
        await scene.Start().UntilStateAsync(ShardState.Paused);

        var other = new TestReader(scene.World, null);
        await other.RunAsync(new(500)).InTime();

        other.Seen.Count.ShouldBe(500);
        scene.Agent.Status.State.ShouldBe(ShardState.Paused);
    }

    [Fact]
    public async Task Paused_shard_tries_again_by_itself_with_growing_pauses_and_goes_on_once_it_can()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 3);
        Poison(scene, 2);
        await scene.Start().UntilStateAsync(ShardState.Paused);
        var pauses = new List<double>();
        for (var attempt = 1; attempt <= 8; attempt++)
        {
            await scene.UntilAsync(s => s.State == ShardState.Paused && s.Error!.Attempts == attempt);
            pauses.Add((await scene.Clock.NextAsync()).TotalSeconds);
        }

        pauses.Zip(pauses.Skip(1)).ShouldAllBe(p => p.Second >= p.First * 0.8);
        pauses[0].ShouldBeInRange(27, 33);
        pauses[^1].ShouldBeInRange(540, 660);
        await scene.UntilAsync(s => s.State == ShardState.Paused && s.Error!.Attempts == 9);
        var since = scene.Agent.Status.Error!.Since;
        since.ShouldBeLessThan(scene.Clock.GetUtcNow());
        scene.Consumer.OnEvent = _ => { };

        await scene.Clock.NextAsync();

        await scene.UntilPositionAsync(3);
        scene.Consumer.Applied.ShouldBe([1, 2, 3]);
        scene.Agent.Status.Error.ShouldBeNull();
    }

    [Fact]
    public async Task Resume_ends_a_pause_at_once()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 3);
        Poison(scene, 2);
        await scene.Start().UntilStateAsync(ShardState.Paused);
        await scene.Clock.WaitForTimersAsync(1).InTime();
        scene.Consumer.OnEvent = _ => { };

        scene.Agent.Resume();

        await scene.UntilPositionAsync(3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task Skipped_event_becomes_a_dead_letter_in_the_commit_that_passes_it(int commitEventsMax)
    {
        await using var scene = new ShardScene { Errors = Skip };
        scene.Options.CommitEventsMax = commitEventsMax;
        await scene.World.AppendAsync("deposited", 10);
        Poison(scene, 4, 10);

        await scene.Start().UntilPositionAsync(10);

        scene.Consumer.Applied.ShouldBe([1, 2, 3, 5, 6, 7, 8, 9]);
        scene.Consumer.DeadLetters.Select(d => d.Position.Value).ShouldBe([4, 10]);
        var letter = scene.Consumer.DeadLetters[0];
        letter.Category.ShouldBe(ErrorCategory.Apply);
        letter.EventId.ShouldBe(Make.Id(4));
        letter.TypeName.ShouldBe("deposited");
        letter.ExceptionType.ShouldBe(typeof(InvalidOperationException).FullName);
        letter.Error.ShouldContain("poison 4");
        letter.Error.Length.ShouldBeLessThanOrEqualTo(8000);
        scene.Agent.Status.DeadLetters.ShouldBe(2);
    }

    [Fact]
    public async Task Event_that_fails_once_is_tried_again_before_it_is_held_to_be_bad()
    {
        await using var scene = new ShardScene { Errors = Skip };
        await scene.Start().UntilStateAsync(ShardState.Live);
        var failed = new HashSet<long>();
        scene.Consumer.OnEvent = e =>
        {
            if (failed.Add(e.Position.Value))
                throw new InvalidOperationException("only the first time");
        };

        for (var n = 1; n <= 5; n++)
        {
            await scene.World.AppendAsync("deposited");
            await scene.UntilPositionAsync(n);
        }

        scene.Consumer.Applied.ShouldBe([1, 2, 3, 4, 5]);
        scene.Consumer.DeadLetters.ShouldBeEmpty();
    }

    [Fact]
    public async Task Error_that_names_no_event_is_narrowed_down()
    {
        await using var scene = new ShardScene { Errors = Skip };
        await scene.World.AppendAsync("deposited", 100);
        var bad = new HashSet<long> { 1, 37, 38, 100 };
        var inBatch = new List<long>();
        scene.Consumer.OnDeliver = delivery =>
        {
            inBatch.Clear();
            inBatch.AddRange(Enumerable.Range(0, delivery.Slice.Count).Select(i => delivery.Slice[i].Position.Value)
                .Where(p => !delivery.SetAside.ContainsKey(new(p))));
            return Task.CompletedTask;
        };
        scene.Consumer.BeforeCommit = () => inBatch.Any(bad.Contains) ? throw new RefusedException("constraint") : Task.CompletedTask;

        await scene.Start().UntilPositionAsync(100);

        scene.Consumer.Applied.ShouldBe(Enumerable.Range(1, 100).Select(n => (long)n).Except(bad));
        scene.Consumer.DeadLetters.Select(d => d.Position.Value).ShouldBe(bad.Order());
        scene.Consumer.DeadLetters.ShouldAllBe(d => d.ExceptionType == typeof(RefusedException).FullName);
    }

    [Theory]
    [InlineData(ErrorCategory.Serialization)]
    [InlineData(ErrorCategory.UnknownType)]
    [InlineData(ErrorCategory.Apply)]
    public async Task Each_category_has_its_own_action(ErrorCategory category)
    {
        var skipOne = category switch
        {
            ErrorCategory.Serialization => new ErrorOptions { Serialization = ErrorAction.Skip },
            ErrorCategory.UnknownType => new ErrorOptions { UnknownType = ErrorAction.Skip },
            _ => new ErrorOptions { Apply = ErrorAction.Skip },
        };
        foreach (var failing in (ErrorCategory[])[ErrorCategory.Serialization, ErrorCategory.UnknownType, ErrorCategory.Apply])
        {
            await using var scene = new ShardScene { Errors = skipOne, Consumer = new() { Types = null } };
            scene.World.Add("deposited");
            scene.World.Add(
                failing == ErrorCategory.UnknownType ? "unheard-of" : "deposited", json: failing == ErrorCategory.Serialization ? "[]"
                    : null);
            scene.World.Add("deposited");
            await scene.World.PublishAsync();
            if (failing == ErrorCategory.Apply)
                Poison(scene, 2);

            await scene.Start().UntilAsync(s => s.State == ShardState.Paused || s.Position.Value == 3);

            scene.Agent.Status.State.ShouldBe(failing == category ? scene.Agent.Status.State : ShardState.Paused);
            scene.Consumer.DeadLetters.Select(d => d.Category).ShouldBe(failing == category ? [category] : []);
            scene.Consumer.Applied.ShouldBe(failing == category ? [1, 3] : [1]);
            if (failing != category)
                scene.Agent.Status.Error!.Category.ShouldBe(failing);
        }
    }

    [Fact]
    public async Task Handshake_that_fails_is_retried_and_then_pauses_as_a_start_error()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 3);
        scene.Consumer.OnHandshake = () => throw new InvalidOperationException("no token");

        scene.Start();
        foreach (var delay in scene.World.Pipelines.Delays)
            (await scene.Clock.NextAsync()).ShouldBe(delay);
        await scene.UntilStateAsync(ShardState.Paused);

        scene.Consumer.Handshakes.ShouldBe(1 + scene.World.Pipelines.Delays.Count);
        scene.Agent.Status.Error!.Category.ShouldBe(ErrorCategory.Start);
        scene.Agent.Status.Error.Exception.ShouldBeOfType<ShardStartException>();
        scene.Consumer.OnHandshake = () => { };
        scene.Agent.Resume();
        await scene.RunUntilAsync(s => s.Position.Value == 3);
    }

    [Fact]
    public async Task Fenced_commit_leads_to_a_new_handshake_and_no_event_is_blamed()
    {
        await using var scene = new ShardScene { Errors = Skip };
        await scene.World.AppendAsync("deposited", 5);
        var fenced = true;
        scene.Consumer.BeforeCommit = () => fenced
            ? throw new FencedException(new("Totals", 1, SlotRange.All, "main"), new(1), new(0))
            : Task.CompletedTask;

        await scene.Start().UntilStateAsync(ShardState.Paused);
        scene.Agent.Status.Error!.Category.ShouldBe(ErrorCategory.Fenced);
        scene.Consumer.Deliveries.ShouldBe(1);

        fenced = false;
        await scene.RunUntilAsync(s => s.Position.Value == 5);
        scene.Consumer.Handshakes.ShouldBe(2);
        scene.Consumer.DeadLetters.ShouldBeEmpty();
        scene.Consumer.Applied.ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task Log_that_cannot_be_read_pauses_the_shard_and_blames_no_event()
    {
        await using var scene = new ShardScene { Errors = Skip };
        await scene.World.AppendAsync("deposited", 5);
        scene.World.BeforeRead = (_, _) => throw new AwayException();

        await scene.Start().RunUntilAsync(s => s.State == ShardState.Paused);

        scene.Agent.Status.Error!.Category.ShouldBe(ErrorCategory.Fetch);
        scene.World.BeforeRead = (_, _) => Task.CompletedTask;
        await scene.RunUntilAsync(s => s.Position.Value == 5);
        scene.Consumer.DeadLetters.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stop_ends_a_pause()
    {
        await using var scene = new ShardScene();
        await scene.World.AppendAsync("deposited", 3);
        Poison(scene, 1);
        await scene.Start().UntilStateAsync(ShardState.Paused);

        await scene.StopAsync();

        scene.Agent.Status.State.ShouldBe(ShardState.Stopped);
        scene.Consumer.Applied.ShouldBeEmpty();
    }

    private static void Poison(ShardScene scene, params long[] positions) => scene.Consumer.OnEvent = e =>
    {
        if (positions.Contains(e.Position.Value))
            throw new ApplyEventException("Totals", e,
                new InvalidOperationException("poison " + e.Position.Value.ToString(CultureInfo.InvariantCulture)));
    };
}
