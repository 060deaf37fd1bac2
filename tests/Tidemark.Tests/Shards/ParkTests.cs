using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Shards;

/// <summary>Streams parked behind a dead letter: they wait, are retried and discarded, and keep their order; others go on.</summary>
public sealed class ParkTests : IAsyncDisposable
{
    private static readonly ErrorOptions Park =
        new() { Apply = ErrorAction.Park, Serialization = ErrorAction.Park, UnknownType = ErrorAction.Park };

    private readonly Poison _poison = new();
    private readonly List<BankHost> _hosts = [];
    private ErrorOptions _errors = Park;
    private int _parkedStreamsMax = 10_000;

    private BankHost Bank => _hosts[^1];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
    }

    [Fact]
    public async Task Stream_of_a_bad_event_waits_and_all_others_go_on()
    {
        await OpenAsync();
        _poison.Add(2);
        await DepositAsync(("a", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5), ("a", 6));

        (await DiaryAsync("a")).ShouldBe("1;");
        (await DiaryAsync("b")).ShouldBe("3;5;");
        var letter = (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).ShouldHaveSingleItem();
        (letter.State, letter.Position.Value, letter.Attempts).ShouldBe((DeadLetterState.Parked, 2, 2));
        letter.Error.ShouldContain("poison 2");
        var parked = (await Bank.Daemon.ReadParkedStreamsAsync("Diaries")).ShouldHaveSingleItem();
        (parked.Stream.Value, parked.Position.Value, parked.Waiting).ShouldBe(("a", 2, 2));
        parked.ParkedAt.ShouldBe(letter.FirstFailedAt);
        Status.ParkedStreams.ShouldBe(1);
    }

    [Fact]
    public async Task Retry_runs_the_whole_queue_in_order_in_one_commit_and_the_stream_rejoins()
    {
        await OpenAsync();
        _poison.Add(2);
        await DepositAsync(("a", 1), ("a", 2), ("b", 3), ("a", 4), ("a", 5));
        _poison.Heal(2);
        var commits = new List<ReadModelCommit>();
        Bank.Storage.BeforeCommit = c =>
        {
            if (c.Move!.Shard.Projection == "Diaries")
                commits.Add(c);
            return Task.CompletedTask;
        };

        var outcome = await RetryAsync(2);

        outcome.ShouldBe(new DeadLetterOutcome(3, null));
        commits.ShouldHaveSingleItem().Documents.ShouldHaveSingleItem().Upserts.Count.ShouldBe(1);
        (await DiaryAsync("a")).ShouldBe("1;2;4;5;");
        (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).ShouldBeEmpty();
        (await Bank.Daemon.ReadParkedStreamsAsync("Diaries")).ShouldBeEmpty();
        await DepositAsync(("a", 6));
        (await DiaryAsync("a")).ShouldBe("1;2;4;5;6;");
        Status.ParkedStreams.ShouldBe(0);
    }

    [Fact]
    public async Task Retry_that_fails_again_changes_only_the_record()
    {
        await OpenAsync();
        _poison.Add(2);
        await DepositAsync(("a", 1), ("a", 2), ("a", 3));
        var before = (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).Single();

        var outcome = await RetryAsync(2);

        outcome.IsSettled.ShouldBeFalse();
        outcome.EventsApplied.ShouldBe(0);
        (await DiaryAsync("a")).ShouldBe("1;");
        var letter = (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).ShouldHaveSingleItem();
        (letter.Position, letter.Attempts, letter.FirstFailedAt).ShouldBe((before.Position, before.Attempts + 1, before.FirstFailedAt));
        (await Bank.Daemon.ReadParkedStreamsAsync("Diaries")).Single().Waiting.ShouldBe(1);
    }

    [Fact]
    public async Task Retry_that_fails_at_a_later_event_commits_those_before_and_moves_the_letter_there()
    {
        await OpenAsync();
        _poison.Add(2, 5);
        await DepositAsync(("a", 1), ("a", 2), ("a", 3), ("a", 4), ("a", 5), ("a", 6));
        _poison.Heal(2);

        var outcome = await RetryAsync(2);

        outcome.EventsApplied.ShouldBe(3);
        outcome.Failed!.Position.Value.ShouldBe(5);
        (await DiaryAsync("a")).ShouldBe("1;2;3;4;");
        (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).ShouldHaveSingleItem().Position.Value.ShouldBe(5);
        var parked = (await Bank.Daemon.ReadParkedStreamsAsync("Diaries")).Single();
        (parked.Position.Value, parked.Waiting).ShouldBe((5, 1));
        _poison.Heal(5);
        (await RetryAsync(5)).IsSettled.ShouldBeTrue();
        (await DiaryAsync("a")).ShouldBe("1;2;3;4;5;6;");
    }

    [Fact]
    public async Task Discard_drops_the_event_keeps_its_record_and_runs_the_rest()
    {
        await OpenAsync();
        _poison.Add(2, 4);
        await DepositAsync(("a", 1), ("a", 2), ("a", 3), ("a", 4), ("a", 5));

        var outcome = await Bank.Daemon.DiscardDeadLetterAsync("Diaries", new(2));

        outcome.Failed!.Position.Value.ShouldBe(4);
        (await DiaryAsync("a")).ShouldBe("1;3;");
        (await Bank.Daemon.DiscardDeadLetterAsync("Diaries", new(4))).ShouldBe(new DeadLetterOutcome(1, null));
        (await DiaryAsync("a")).ShouldBe("1;3;5;");
        (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).Select(l => (l.Position.Value, l.State))
            .ShouldBe([(2L, DeadLetterState.Discarded), (4L, DeadLetterState.Discarded)]);
        (await Bank.Daemon.ReadParkedStreamsAsync("Diaries")).ShouldBeEmpty();
        (await Should.ThrowAsync<DeadLetterException>(() => RetryAsync(2))).Message.ShouldContain("discarded");
    }

    [Fact]
    public async Task Discard_whose_next_event_is_bad_too_is_done_all_the_same()
    {
        await OpenAsync();
        _poison.Add(1, 2);
        await DepositAsync(("a", 1), ("a", 2), ("a", 3));

        var outcome = await Bank.Daemon.DiscardDeadLetterAsync("Diaries", new(1));

        outcome.Failed!.Position.Value.ShouldBe(2);
        (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).Select(l => (l.Position.Value, l.State))
            .ShouldBe([(1L, DeadLetterState.Discarded), (2L, DeadLetterState.Parked)]);
        (await Bank.Daemon.ReadParkedStreamsAsync("Diaries")).Single().Waiting.ShouldBe(1);
    }

    [Fact]
    public async Task Parked_stream_stays_parked_over_a_restart_and_on_a_node_that_takes_over()
    {
        var first = await OpenAsync();
        _poison.Add(2);
        await DepositAsync(("a", 1), ("a", 2), ("a", 3));
        await first.Daemon.StopAsync();
        await first.Daemon.StartAsync();
        await DepositAsync(("a", 4), ("b", 5));
        (await DiaryAsync("a")).ShouldBe("1;");

        await first.Daemon.StopAsync();
        await OpenAsync(first);
        await DepositAsync(("a", 6), ("b", 7));

        (await DiaryAsync("a")).ShouldBe("1;");
        (await DiaryAsync("b")).ShouldBe("5;7;");
        _poison.Heal(2);
        (await RetryAsync(2)).EventsApplied.ShouldBe(4);
        (await DiaryAsync("a")).ShouldBe("1;2;3;4;6;");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_that_parks_and_fails_is_done_again_exactly(bool tookEffect)
    {
        await OpenAsync();
        var fails = 2;
        Bank.Storage.BeforeCommit = async c =>
        {
            if (c.Move!.Shard.Projection != "Diaries" || c.DeadLetters.Count == 0 || fails-- <= 0)
                return;
            if (tookEffect)
                await Bank.Storage.Inner.ReadModels.CommitAsync(c, CancellationToken.None);
            throw new AwayException();
        };
        _poison.Add(2);

        await DepositAsync(("a", 1), ("a", 2), ("a", 3), ("b", 4), ("a", 5));

        (await DiaryAsync("a")).ShouldBe("1;");
        (await DiaryAsync("b")).ShouldBe("4;");
        (await Bank.Daemon.ReadParkedStreamsAsync("Diaries")).Single().Waiting.ShouldBe(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retry_whose_commit_gets_no_answer_takes_effect_once(bool tookEffect)
    {
        await OpenAsync();
        _poison.Add(2, 4);
        await DepositAsync(("a", 1), ("a", 2), ("a", 3), ("a", 4), ("a", 5));
        _poison.Heal(2);
        var fails = 1;
        Bank.Storage.BeforeCommit = async c =>
        {
            if (c.ParkedStep is null || fails-- <= 0)
                return;
            if (tookEffect)
                await Bank.Storage.Inner.ReadModels.CommitAsync(c, CancellationToken.None);
            throw new AwayException();
        };

        (await RetryAsync(2)).Failed!.Position.Value.ShouldBe(4);

        (await DiaryAsync("a")).ShouldBe("1;2;3;");
        _poison.Heal(4);
        await RetryAsync(4);
        (await DiaryAsync("a")).ShouldBe("1;2;3;4;5;");
    }

    [Fact]
    public async Task Retry_whose_commit_is_refused_without_naming_an_event_finds_it_by_halving()
    {
        await OpenAsync();
        _poison.Add(1);
        await DepositAsync([.. Enumerable.Range(1, 40).Select(n => ("a", (long)n))]);
        _poison.Heal(1);
        Bank.Storage.BeforeCommit = c => c.Documents.SelectMany(d => d.Upserts).Any(d => d.Position.Value >= 30)
            ? throw new RefusedException() : Task.CompletedTask;

        var outcome = await RetryAsync(1);

        outcome.Failed!.Position.Value.ShouldBe(30);
        outcome.EventsApplied.ShouldBe(29);
        (await DiaryAsync("a")).ShouldBe(string.Concat(Enumerable.Range(1, 29).Select(n => $"{n};")));
    }

    [Fact]
    public async Task Queue_longer_than_a_page_runs_in_order_and_multi_stream_and_flat_models_follow()
    {
        await OpenAsync();
        _poison.Add(1);
        await DepositAsync([.. Enumerable.Range(1, 1203).Select(n => (n % 100 == 99 ? "b" : "a", (long)n))]);
        _poison.Heal(1);

        foreach (var projection in (string[])["Diaries", "Shares", "Counts"])
            (await RetryAsync(1, projection)).ShouldBe(new DeadLetterOutcome(1191, null));

        (await DiaryAsync("a")).ShouldBe(string.Concat(Enumerable.Range(1, 1203).Where(n => n % 100 != 99).Select(n => $"{n};")));
        for (var rest = 0; rest < 3; rest++)
        {
            var amounts = Enumerable.Range(1, 1203).Where(n => n % 3 == rest).ToArray();
            (await Bank.Store.Documents<Share>().FindAsync($"k{rest}")).ShouldBe(new Share(amounts.Sum(), amounts.Length));
            Bank.Storage.Inner.ReadRows("counts").Single(r => r.Key == $"k{rest}").Values["total"].ShouldBe((long)amounts.Sum());
        }
    }

    [Fact]
    public async Task Skipped_letter_is_applied_late_only_when_asked_for()
    {
        _errors = new() { Apply = ErrorAction.Skip };
        await OpenAsync();
        _poison.Add(2);
        await DepositAsync(("a", 1), ("a", 2), ("a", 3));
        _poison.Heal(2);

        (await Should.ThrowAsync<DeadLetterException>(() => RetryAsync(2))).Message.ShouldContain("late");
        (await DiaryAsync("a")).ShouldBe("1;3;");
        (await Bank.Daemon.RetryDeadLetterAsync("Diaries", new(2), late: true).InTime()).ShouldBe(new DeadLetterOutcome(1, null));

        (await DiaryAsync("a")).ShouldBe("1;3;2;");
        (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).ShouldBeEmpty();
        var stored = await Bank.Storage.FindLiveAsync("diaries", new("", "a"), CancellationToken.None);
        (stored!.Value.Version.Value, stored.Value.Position.Value).ShouldBe((3, 3));
        await DepositAsync(("a", 4));
        (await DiaryAsync("a")).ShouldBe("1;3;2;4;");
    }

    [Fact]
    public async Task Skipped_letter_can_be_discarded()
    {
        _errors = new() { Apply = ErrorAction.Skip };
        await OpenAsync();
        _poison.Add(1);
        await DepositAsync(("a", 1), ("a", 2));

        (await Bank.Daemon.DiscardDeadLetterAsync("Diaries", new(1)).InTime()).ShouldBe(new DeadLetterOutcome(0, null));

        (await Bank.Daemon.ReadDeadLettersAsync("Diaries")).Single().State.ShouldBe(DeadLetterState.Discarded);
        (await DiaryAsync("a")).ShouldBe("2;");
    }

    [Fact]
    public async Task Waiting_event_whose_data_cannot_be_read_becomes_the_letter_and_says_so()
    {
        await OpenAsync();
        _poison.Add(1);
        await DepositAsync(("a", 1));
        await Bank.Storage.Log.AppendAsync(
            [new("", "a", Slot.Of("", "a"), ExpectedVersion.Any, [new(Make.Id(7), "deposited", "[]"u8.ToArray(), null)])],
            CancellationToken.None);
        await DepositAsync(("a", 3));
        await Bank.Storage.Log.SetArchivedAsync("", "a", true, CancellationToken.None);
        _poison.Heal(1);

        var outcome = await RetryAsync(1);

        outcome.EventsApplied.ShouldBe(1);
        (outcome.Failed!.Category, outcome.Failed.EventId).ShouldBe((ErrorCategory.Serialization, Make.Id(7)));
        outcome.Failed.Error.ShouldContain("could not be read as JSON");
        (await Bank.Daemon.DiscardDeadLetterAsync("Diaries", new(2)).InTime()).IsSettled.ShouldBeTrue();
        (await DiaryAsync("a")).ShouldBe("1;3;");
    }

    [Fact]
    public async Task One_parked_stream_too_many_pauses_the_shard_and_a_discard_helps()
    {
        _parkedStreamsMax = 2;
        await OpenAsync();
        _poison.Add(1, 2, 3);
        await DepositAsync(("a", 1), ("b", 2));
        await Bank.AppendAsync(Deposit("c", 3), Deposit("d", 4));

        var error = await Should.ThrowAsync<ShardPausedException>(() => Bank.CaughtUpAsync().InTime());

        error.InnerException.ShouldBeOfType<ParkedStreamsException>().Message.ShouldContain("ParkedStreamsMax");
        (await Bank.Daemon.DiscardDeadLetterAsync("Diaries", new(1)).InTime()).IsSettled.ShouldBeTrue();
        foreach (var other in (string[])["Shares", "Counts"])
            (await Bank.Daemon.DiscardDeadLetterAsync(other, new(1)).InTime()).IsSettled.ShouldBeTrue();
        await Bank.CaughtUpAsync().InTime();
        (await DiaryAsync("d")).ShouldBe("4;");
        (await Bank.Daemon.ReadParkedStreamsAsync("Diaries")).Select(p => p.Stream.Value).ShouldBe(["b", "c"]);
    }

    [Fact]
    public async Task Search_for_bad_events_hands_each_event_over_at_most_twice()
    {
        const int events = 2000;
        _hosts.Add(await BankHost.StartAsync(t => t.AddProjection(new Counts(_poison)).Configure(o => o.Shards.Errors = _errors)));
        await Bank.Daemon.StopAsync();
        _poison.Add(Enumerable.Range(1, 20).Select(n => n * 97L));
        for (var n = 1; n <= events; n++)
            await Bank.AppendAsync(Deposit($"s{n}", n));

        await Bank.Daemon.StartAsync();
        await Bank.CaughtUpAsync().InTime();

        (await Bank.Daemon.ReadDeadLettersAsync("Counts")).Count.ShouldBe(20);
        _poison.Handled.ShouldBeInRange(events, 2 * events);
    }

    [Fact]
    public async Task Command_without_a_letter_is_refused()
    {
        await OpenAsync();
        _poison.Add(2);
        await DepositAsync(("a", 1), ("a", 2), ("a", 3));

        (await Should.ThrowAsync<DeadLetterException>(() => RetryAsync(3))).Message.ShouldContain("has a dead letter at position 3");
        await Should.ThrowAsync<ArgumentException>(() => Bank.Daemon.RetryDeadLetterAsync("Nobody", new(2)));
        await Bank.Daemon.StopAsync();
        await Should.ThrowAsync<InvalidOperationException>(() => RetryAsync(2));
    }

    private ShardStatus Status => Bank.Daemon.Status().Shards.Single(s => s.Shard.Projection == "Diaries");

    private async Task<BankHost> OpenAsync(BankHost? former = null)
    {
        _hosts.Add(await BankHost.StartAsync(
            t => t.AddProjection(new Diaries(_poison)).AddProjection(new Shares(_poison)).AddProjection(new Counts(_poison))
                .Configure(o =>
                {
                    o.Shards.Errors = _errors;
                    o.Shards.ParkedStreamsMax = _parkedStreamsMax;
                }),
            former));
        return Bank;
    }

    private static Happening Deposit(string account, long amount) => new("", account, new Deposited(amount));

    private async Task DepositAsync(params (string Account, long Amount)[] deposits)
    {
        await Bank.AppendAsync([.. deposits.Select(d => Deposit(d.Account, d.Amount))]);
        await Bank.CaughtUpAsync().InTime();
    }

    private Task<DeadLetterOutcome> RetryAsync(long position, string projection = "Diaries") =>
        Bank.Daemon.RetryDeadLetterAsync(projection, new(position)).InTime();

    private async Task<string?> DiaryAsync(string account) => (await Bank.Store.Documents<Diary>().FindAsync(account))?.Amounts;
}
