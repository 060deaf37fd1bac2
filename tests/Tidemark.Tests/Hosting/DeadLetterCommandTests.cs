using Tidemark.Control;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Hosting;

/// <summary>
/// Dead letters are retried and discarded by a process without the application's code: commands that the owners of the shards obey.
/// </summary>
public sealed class DeadLetterCommandTests : IAsyncDisposable
{
    private static readonly string[] Accounts = [.. Enumerable.Range(1, 12).Select(n => $"account-{n}")];

    private readonly Poison _poison = new();
    private readonly List<BankHost> _hosts = [];
    private ErrorAction _apply = ErrorAction.Park;

    private ClusterControl Operator => _hosts[^1].Host.Control;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
    }

    [Fact]
    public async Task Retry_of_a_projection_is_obeyed_by_the_owner_of_each_shard_and_counts()
    {
        await StartAsync();
        await ParkAllAsync();
        _poison.Heal(2);

        var commands = await Operator.As("anna").RetryDeadLettersAsync("Diaries").InTime();

        commands.Count.ShouldBe(2);
        commands.Sum(c => Count(c, "dead letter(s) settled")).ShouldBe(Accounts.Length);
        commands.Sum(c => Count(c, "event(s) applied")).ShouldBe(2 * Accounts.Length);
        var leases = (await Operator.ReadLeasesAsync()).Shards.ToDictionary(l => l.Shard.ToString());
        commands.ShouldAllBe(c => c.Node == leases[c.Target].Owner);
        commands.Select(c => c.Node).Distinct().Count().ShouldBe(2);
        await ShowsAsync("1;2;3;");
        (await _hosts[0].Daemon.ReadDeadLettersAsync("Diaries")).ShouldBeEmpty();

        (await Operator.RetryDeadLettersAsync("Diaries").InTime()).ShouldAllBe(
            c => c.Result == "0 dead letter(s) settled, 0 event(s) applied.");
    }

    [Fact]
    public async Task Discard_of_one_shard_leaves_the_others_alone()
    {
        await StartAsync();
        await ParkAllAsync();

        var command = (await Operator.DiscardDeadLettersAsync("Diaries:g1:0-511@main").InTime()).ShouldHaveSingleItem();

        var letters = await _hosts[0].Daemon.ReadDeadLettersAsync("Diaries");
        letters.Count.ShouldBe(Accounts.Length);
        foreach (var letter in letters)
        {
            letter.State.ShouldBe(
                Slot.Of(letter.Tenant, letter.Stream) <= 511 ? DeadLetterState.Discarded : DeadLetterState.Parked);
        }

        var discarded = letters.Count(l => l.State == DeadLetterState.Discarded);
        command.Result.ShouldBe($"{discarded} dead letter(s) settled, {discarded} event(s) applied.");
    }

    [Fact]
    public async Task One_dead_letter_is_settled_by_its_position_and_what_fails_again_says_why()
    {
        await StartAsync();
        await ParkAllAsync();
        var letters = await _hosts[0].Daemon.ReadDeadLettersAsync("Diaries");
        var (first, second) = (letters[0], letters[^1]);

        var failed = await Should.ThrowAsync<CommandFailedException>(
            () => Operator.RetryDeadLetterAsync("Diaries", first.Position).InTime());
        failed.Command.Result!.ShouldStartWith(
            "Nothing was settled. 1 stream(s) or event(s) failed again, at position(s) " + first.Position);
        failed.Command.Result!.ShouldContain("poison 2");

        (await Operator.DiscardDeadLetterAsync("Diaries", first.Position).InTime()).Result.ShouldBe(
            "1 dead letter(s) settled, 1 event(s) applied.");
        _poison.Heal(2);
        (await Operator.RetryDeadLetterAsync("Diaries", second.Position).InTime()).Result.ShouldBe(
            "1 dead letter(s) settled, 2 event(s) applied.");
        (await DiaryAsync(first.Stream)).ShouldBe("1;3;");
        (await DiaryAsync(second.Stream)).ShouldBe("1;2;3;");
        await FailsAsync(Operator.RetryDeadLetterAsync("Diaries", first.Position), "was discarded already");
        await FailsAsync(Operator.RetryDeadLetterAsync("Diaries", second.Position), "has no dead letter at position " + second.Position);
    }

    [Fact]
    public async Task Skipped_ones_are_retried_only_late()
    {
        _apply = ErrorAction.Skip;
        await StartAsync();
        await ParkAllAsync();
        _poison.Heal(2);

        var left = await Operator.RetryDeadLettersAsync("Diaries").InTime();
        left.ShouldAllBe(c => c.Result!.StartsWith("0 dead letter(s) settled"));
        left.ShouldAllBe(c => c.Result!.EndsWith("skipped one(s) were left alone: retry them late, or rebuild the projection."));
        var position = (await _hosts[0].Daemon.ReadDeadLettersAsync("Diaries"))[0].Position;
        await FailsAsync(Operator.RetryDeadLetterAsync("Diaries", position), "was skipped");

        (await Operator.RetryDeadLetterAsync("Diaries", position, late: true).InTime()).State.ShouldBe(CommandState.Succeeded);
        await Operator.RetryDeadLettersAsync("Diaries", late: true).InTime();
        await ShowsAsync("1;3;2;");
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_and_everything_is_on_record()
    {
        await StartAsync();
        var ben = Operator.As("ben");
        await FailsAsync(ben.RetryDeadLetterAsync("Diaries", new(99)), "has no dead letter at position 99");
        await FailsAsync(ben.DiscardDeadLettersAsync("Nothing"), "no projection and no shard 'Nothing'");
        await FailsAsync(
            ben.RewindAsync("Diaries", new(1)), "'Diaries' is a projection: what it has written cannot be taken back. Rebuild it");
        await FailsAsync(ben.RewindAsync("Mails", new(1)), "There is no subscription 'Mails'");
        await ben.PauseAsync("Diaries:g1:0-511@main").InTime();
        await FailsAsync(ben.RetryDeadLettersAsync("Diaries:g1:0-511@main"), "does not run (Paused). Resume it first");

        var all = await Operator.ReadCommandsAsync(countMax: 6);

        all.Select(c => (c.Action, c.Target, c.Argument, c.RequestedBy, c.State)).ShouldBe(
        [
            (OperatorAction.Retry, "Diaries:g1:0-511@main", null, "ben", CommandState.Failed),
            (OperatorAction.Pause, "Diaries:g1:0-511@main", null, "ben", CommandState.Succeeded),
            (OperatorAction.Rewind, "Mails", "1", "ben", CommandState.Failed),
            (OperatorAction.Rewind, "Diaries", "1", "ben", CommandState.Failed),
            (OperatorAction.Discard, "Nothing", null, "ben", CommandState.Failed),
            (OperatorAction.Retry, "Diaries", "99", "ben", CommandState.Failed),
        ]);
        all.ShouldAllBe(c => c.Node != null && c.Result != null && c.EndedAt >= c.RequestedAt);
    }

    // Two daemons, each with one of two shards, and a process that has none of their code.
    private async Task StartAsync()
    {
        foreach (var name in new[] { "one", "two" })
        {
            _hosts.Add(await BankHost.StartAsync(
                t => t.AddProjection(new Diaries(_poison)).Configure(o =>
                {
                    (o.Node.Name, o.Node.Tick) = (name, TimeSpan.FromMilliseconds(200));
                    o.Shards.Errors = new() { Apply = _apply };
                }),
                _hosts.FirstOrDefault()));
        }

        _hosts.Add(await BankHost.StartAsync(_ => { }, _hosts[0]));
        _hosts[^1].Daemon.IsRunning.ShouldBeFalse();
        await Operator.SplitAsync("Diaries", 2).InTime();
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await Operator.ReadLeasesAsync(late.Token)).Shards.Where(l => l.State == LeaseState.Wanted && l.Owner != null)
            .Select(l => l.Owner).Distinct().Count() != 2)
        {
            await Task.Yield();
        }
    }

    // In every account the second deposit fails, and a third one waits behind it.
    private async Task ParkAllAsync()
    {
        _poison.Add(2);
        for (var amount = 1; amount <= 3; amount++)
            await _hosts[^1].AppendAsync([.. Accounts.Select(a => new Happening("", a, new Deposited(amount)))]);
        await _hosts[0].CaughtUpAsync();
        await _hosts[1].CaughtUpAsync();
        (await _hosts[0].Daemon.ReadDeadLettersAsync("Diaries")).Count.ShouldBe(Accounts.Length);
    }

    private async Task ShowsAsync(string diary)
    {
        foreach (var account in Accounts)
            (await DiaryAsync(account)).ShouldBe(diary);
    }

    private async Task<string?> DiaryAsync(StreamId stream) => (await _hosts[0].Store.Documents<Diary>().FindAsync(stream.Value))?.Amounts;

    private static int Count(OperatorCommand command, string what)
    {
        var words = command.Result![..command.Result!.IndexOf(what, StringComparison.Ordinal)].Trim().Split(' ');
        return int.Parse(words[^1]);
    }

    private static async Task FailsAsync<T>(Task<T> command, string why) =>
        (await Should.ThrowAsync<CommandFailedException>(() => command.InTime())).Message.ShouldContain(why);
}
