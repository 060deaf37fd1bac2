using Microsoft.Extensions.DependencyInjection;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Projections;

/// <summary>What projections cause beside their read models: appended events and published messages.</summary>
public sealed class SideEffectTests
{
    private static readonly Happening[] Deposits =
        [.. Enumerable.Range(1, 12).Select(n => new Happening(n % 4 == 0 ? "acme" : "", n % 2 == 0 ? "a" : "b", new Deposited(n)))];

    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Side_effects_are_the_same_however_commits_are_cut_and_batches_repeated()
    {
        var random = new Random(Seed.New());
        string[]? first = null;
        for (var run = 0; run < 20; run++)
        {
            var failed = new HashSet<Position>();
            var fails = random.Next(1, 5);
            var mailbox = new Mailbox();
            await using var bank = await StartAsync(
                new Reminders(trap: e =>
                {
                    if (e.Position.Value % fails == 0 && failed.Add(e.Position))
                        throw new InvalidOperationException("Once.");
                }),
                mailbox, configure: o =>
                {
                    o.Shards.CommitEventsMax = random.Next(1, 20);
                    o.Pulling.PageEventsMax = random.Next(1, 8);
                    o.RunDaemon = false;
                });
            await bank.AppendAsync(Deposits);
            await bank.Daemon.StartAsync();
            await bank.CaughtUpAsync();

            string[] caused = [.. mailbox.Messages.Select(Text), .. (await NotesAsync(bank)).Select(n => Text(n))];
            caused.Length.ShouldBe(12 + 12 + 24);
            mailbox.Messages.Select(m => m.Position).ShouldBeInOrder();
            (await PendingAsync(bank)).ShouldBeEmpty();

            // Ids follow from the causing events, which each run makes anew; everything else must agree.
            first ??= caused;
            caused.ShouldBe(first);
        }
    }

    [Fact]
    public async Task Appended_event_names_its_cause_and_has_an_id_that_follows_from_it()
    {
        await using var bank = await StartAsync(new Reminders(), new Mailbox());
        await bank.Store.AppendAsync(
            "a", ExpectedVersion.Any, [new NewEvent(new Deposited(5)) { Id = Make.Id(1), Metadata = new() { CorrelationId = "request" } }]);
        await bank.CaughtUpAsync();

        var note = (await NotesAsync(bank)).Single(n => n.StreamId.Value == "notes-a");
        note.Id.ShouldBe(SideEffectSink.IdOf("Reminders", Make.Id(1), 0));
        note.Metadata.CausationId.ShouldBe(Make.Id(1).ToString());
        note.Metadata.CorrelationId.ShouldBe("request");
        SideEffectSink.IdOf("Reminders", Make.Id(1), 0).ShouldBe(new Guid("d8f94828-a172-86e8-88dd-0ac6707b4c63"));
    }

    [Fact]
    public async Task Message_is_published_after_its_commit_and_again_after_a_crash_before_the_store_heard_of_it()
    {
        var seen = new List<long>();
        BankHost? bank = null;
        var before = new Mailbox();
        before.Before = async _ => seen.Add((await bank!.Storage.Checkpoints.ReadAllAsync(None)).Single().Position.Value);
        before.After = () => throw new InvalidOperationException("The process ends here.");
        bank = await StartAsync(new Reminders(), before, configure: o => o.RunDaemon = false);
        await bank.AppendAsync(new Happening("", "a", new Deposited(5)));
        await bank.Daemon.StartAsync();
        var error = await Should.ThrowAsync<ShardPausedException>(bank.CaughtUpAsync);
        error.ToString().ShouldContain("outbox publisher failed");
        seen.ShouldAllBe(position => position >= 1);
        var id = before.Messages.Select(m => m.Id).Distinct().ShouldHaveSingleItem();
        (await bank.Store.Documents<Book>().FindAsync("a"))!.Total.ShouldBe(5);
        (await NotesAsync(bank)).Count.ShouldBe(3);
        await bank.DisposeAsync();

        var after = new Mailbox();
        await using var next = await StartAsync(new Reminders(), after, bank);
        await next.CaughtUpAsync();

        after.Messages.ShouldHaveSingleItem().Id.ShouldBe(id);
        after.Messages[0].Read<Reminder>().ShouldBe(new Reminder("a", 5));
        (await NotesAsync(next)).Count.ShouldBe(3);
        (await PendingAsync(next)).ShouldBeEmpty();
        (await next.Daemon.ReadDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Publisher_that_fails_for_a_while_pauses_only_its_projection_and_loses_nothing()
    {
        var mailbox = new Mailbox { Before = _ => throw new InvalidOperationException("No broker.") };
        await using var bank = await StartAsync(
            new Reminders(), mailbox, also: t => t.AddProjection<Totals>(), configure: o => o.Shards.Errors = Skip());
        await bank.AppendAsync(Deposits);
        await Should.ThrowAsync<ShardPausedException>(bank.CaughtUpAsync);
        await bank.Daemon.WaitForAsync(nameof(Totals), new Position(12), Deadlines.Max);

        mailbox.Before = _ => Task.CompletedTask;
        bank.Daemon.Resume(nameof(Reminders));
        await CaughtUpThoughPausedAsync(bank);

        // The notes that are appended meanwhile stand between the deposits.
        mailbox.Messages.Select(m => m.Position.Value).ShouldBe(mailbox.Messages.Select(m => m.Position.Value).Distinct().Order());
        mailbox.Messages.Count.ShouldBe(Deposits.Length);
        (await NotesAsync(bank)).Count.ShouldBe(36);
        (await bank.Daemon.ReadDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rebuild_raises_nothing_again_and_loses_nothing_that_comes_meanwhile()
    {
        var mailbox = new Mailbox();
        await using var bank = await StartAsync(new Reminders(), mailbox);
        await bank.AppendAsync(Deposits);
        await bank.CaughtUpAsync();

        // Notes of the first deposits may stand between the later ones.
        var former = mailbox.Messages.Select(m => m.Position).ToArray();
        for (var round = 0; round < 5; round++)
        {
            var more = Task.Run(() => bank.AppendAsync(Deposits));
            await bank.Daemon.RebuildAsync(nameof(Reminders)).InTime();
            await more;
        }

        await bank.CaughtUpAsync();

        former.Length.ShouldBe(Deposits.Length);
        mailbox.Messages.Take(12).Select(m => m.Position).ShouldBe(former);
        mailbox.Messages.DistinctBy(m => m.Id).Count().ShouldBe(72);
        mailbox.Messages.Skip(12).ShouldAllBe(m => m.Position > former.Max());
        var notes = await NotesAsync(bank);
        notes.Count.ShouldBe(72 * 3);
        (await PendingAsync(bank)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_version_goes_on_where_the_former_one_stopped()
    {
        var mailbox = new Mailbox();
        var old = await StartAsync(new Reminders(), mailbox);
        await old.AppendAsync(Deposits);
        await old.CaughtUpAsync();
        await old.DisposeAsync();
        var offline = await BankHost.StartAsync(t => t.Configure(o => o.RunDaemon = false), old);
        await offline.AppendAsync(Deposits);
        await offline.DisposeAsync();

        await using var bank = await StartAsync(new Reminders(version: 2), mailbox, offline);
        await bank.CaughtUpAsync();

        mailbox.Messages.Count.ShouldBe(24);
        mailbox.Messages.DistinctBy(m => m.Id).Count().ShouldBe(24);
        (await NotesAsync(bank)).Count.ShouldBe(72);
    }

    [Fact]
    public async Task Append_that_is_refused_is_an_error_of_the_event_that_caused_it()
    {
        await using var bank = await StartAsync(new Reminders(), new Mailbox(), configure: o => o.Shards.Errors = Skip());
        await bank.Store.AppendAsync("notes-a", ExpectedVersion.Any, [new Noted("x")]);
        await bank.Store.ArchiveAsync("notes-a");
        await bank.AppendAsync(new("", "a", new Deposited(1)), new("", "b", new Deposited(2)));
        await bank.CaughtUpAsync();

        (await bank.Daemon.ReadDeadLettersAsync()).ShouldHaveSingleItem().ExceptionType.ShouldBe(typeof(StreamArchivedException).FullName);
        (await bank.Store.Documents<Book>().PageAsync()).ShouldHaveSingleItem().Key.ShouldBe("b");
        (await NotesAsync(bank)).Count(n => n.StreamId.Value == "notes").ShouldBe(2);
    }

    [Fact]
    public async Task Inline_projections_take_what_is_appended()
    {
        await using var bank = await StartAsync(
            new Reminders(), new Mailbox(), also: t => t.AddProjection<Totals>(ProjectionLifecycle.Inline));
        await bank.AppendAsync(new Happening("", "a", new Deposited(1)));
        await bank.CaughtUpAsync();

        bank.Storage.Inner.ReadRows("totals").Select(r => r.Key).ShouldBe(["/a", "/notes", "/notes-a"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(ProjectionLifecycle.Inline)]
    [InlineData(ProjectionLifecycle.Live)]
    public void Side_effects_of_a_projection_that_is_not_async_are_refused(ProjectionLifecycle lifecycle) =>
        Should.Throw<InvalidOperationException>(() => new ProjectionCatalog([new(new Reminders(), lifecycle)], Accounts.Types))
            .Message.ShouldContain("raises side effects");

    [Fact]
    public async Task Message_without_a_publisher_is_an_error_that_says_what_to_do()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection(new Reminders()));
        await bank.AppendAsync(new Happening("", "a", new Deposited(1)));

        (await Should.ThrowAsync<ShardPausedException>(bank.CaughtUpAsync)).ToString().ShouldContain("UseOutbox");
    }

    private static ErrorOptions Skip() => new() { Apply = ErrorAction.Skip };

    private static Task<BankHost> StartAsync(
        Reminders reminders, Mailbox mailbox, BankHost? former = null, Action<TidemarkBuilder>? also = null,
        Action<TidemarkOptions>? configure = null) =>
        BankHost.StartAsync(
            t =>
            {
                t.AddProjection(reminders);
                t.Services.AddSingleton<IOutboxPublisher>(mailbox);
                also?.Invoke(t);
                if (configure is not null)
                    t.Configure(configure);
            },
            former);

    // Resume ends the pause; the wait may still see it.
    private static async Task CaughtUpThoughPausedAsync(BankHost bank)
    {
        var all = await bank.Storage.Log.ReadAsync(new(new(0), Position.Max, LogFilter.All, int.MaxValue, int.MaxValue), None);
        var last = all.Events[^1];
        while (true)
        {
            try
            {
                await bank.Daemon.WaitForAsync(nameof(Reminders), last.Position, Deadlines.Max);
                return;
            }
            catch (ShardPausedException)
            {
                bank.Daemon.Resume(nameof(Reminders));
            }
        }
    }

    private static async Task<IReadOnlyList<RecordedEvent>> NotesAsync(BankHost bank) =>
        [.. (await bank.Storage.Log.ReadAsync(new(new(0), Position.Max, LogFilter.All, int.MaxValue, int.MaxValue), None)).Events
            .Where(e => e.TypeName == "noted" && e.StreamId.Value.StartsWith("notes", StringComparison.Ordinal))
            .OrderBy(e => e.Tenant.Value, StringComparer.Ordinal).ThenBy(e => e.StreamId.Value, StringComparer.Ordinal)
            .ThenBy(e => e.Version.Value)];

    private static ValueTask<IReadOnlyList<OutboxMessage>> PendingAsync(BankHost bank) =>
        bank.Storage.Outbox.ReadAsync(nameof(Reminders), SlotRange.All, 1000, None);

    private static string Text(OutboxMessage m) =>
        $"{m.Position} {m.Ordinal} {m.Tenant} {m.Name} {System.Text.Encoding.UTF8.GetString(m.Json.Span)}";

    private static string Text(RecordedEvent e) =>
        $"{e.Tenant} {e.StreamId} {e.Version} {System.Text.Encoding.UTF8.GetString(e.Json.Span)}";
}
