using FsCheck.Fluent;
using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Projections;

/// <summary>Several projections in stages as one, against the plain computation.</summary>
public sealed class CompositeTests
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Composite_shows_what_happened_however_pages_and_commits_are_cut_and_batches_repeated()
    {
        var random = new Random(Seed.New());
        foreach (var happenings in Seed.Cases(Gen.ListOf(BankLedger.Happenings), 40).Select(h => h.ToArray()))
        {
            // Any handler of a later stage fails once at some events: the batch is tried again, cut in other ways.
            var failed = new HashSet<(int, Position)>();
            var fails = random.Next(4) == 0 ? 0 : random.Next(2, 10);
            await using var bank = await BankHost.StartAsync(t => t
                .AddProjection(new BankComposite((stage, e) =>
                {
                    if (fails > 0 && e.Position.Value % fails == stage && failed.Add((stage, e.Position)))
                        throw new InvalidOperationException("Once.");
                }))
                .Configure(o =>
                {
                    o.Pulling.PageEventsMax = random.Next(1, 12);
                    o.Shards.CommitEventsMax = random.Next(1, 40);
                    o.Shards.StateBytesMax = random.Next(3) == 0 ? 1 << 20 : 1 << 27;
                    o.RunDaemon = random.Next(2) == 0;
                }));
            await bank.AppendAsync(happenings);
            await bank.Daemon.StartAsync();

            await bank.CaughtUpAsync();

            await ShouldShowAsync(bank, CompositeLedger.Of(happenings));
        }
    }

    [Fact]
    public async Task Composite_is_one_shard_with_one_checkpoint_and_one_transaction()
    {
        var commits = new List<ReadModelCommit>();
        await using var bank = await BankHost.StartAsync(
            t => t.AddProjection<BankComposite>().Configure(o => o.RunDaemon = false),
            hook: s => s.BeforeCommit = commit =>
            {
                commits.Add(commit);
                return Task.CompletedTask;
            });
        await bank.AppendAsync(new("", "a", new Opened("A")), new("", "a", new Deposited(5)));
        await bank.Daemon.StartAsync();
        await bank.CaughtUpAsync();

        var commit = commits.ShouldHaveSingleItem();
        commit.Documents.Select(d => d.Name).ShouldBe(["balances", "owner_boards", "sights", "summaries"]);
        commit.Rows.ShouldHaveSingleItem().Schema.Name.ShouldBe("owner_rows");
        bank.Daemon.Status().Shards.ShouldHaveSingleItem().Shard.Projection.ShouldBe(nameof(BankComposite));
        (await bank.Storage.Checkpoints.ReadAllAsync(None)).ShouldHaveSingleItem().Position.ShouldBe(new Position(2));
        bank.Host.Database.EventsRead.ShouldBe(2);
    }

    [Fact]
    public async Task Documents_that_a_page_looks_up_are_loaded_together()
    {
        Happening[] happened =
        [
            .. Enumerable.Range(0, 50).Select(n => new Happening("", $"s{n}", new Opened($"o{n}"))),
            .. Enumerable.Range(0, 50).Select(n => new Happening("", $"s{n}", new Transferred($"s{(n + 1) % 50}", 1))),
        ];
        await using var first = await BankHost.StartAsync(t => t.AddProjection<BankComposite>());
        await first.AppendAsync(happened[..50]);
        await first.CaughtUpAsync();
        await first.Daemon.StopAsync();
        await first.AppendAsync(happened[50..]);

        await using var second = await BankHost.StartAsync(t => t.AddProjection<BankComposite>(), first);
        await second.CaughtUpAsync();

        await ShouldShowAsync(second, CompositeLedger.Of(happened));
        // The transfers' own sights, and the balances they look up: one round trip each.
        second.Storage.Loads.ShouldBe(2);
        second.Storage.KeysLoaded.ShouldBe(100);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Event_that_fails_in_a_stage_takes_effect_in_none(int stage)
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection(new BankComposite((at, e) =>
        {
            if (at == stage && e.Position == new Position(3))
                throw new InvalidOperationException("Always.");
        })));
        Happening[] good = [new("", "a", new Opened("A")), new("", "a", new Deposited(5))];
        await bank.AppendAsync([.. good, new("", "a", new Deposited(7)), new("", "a", new Deposited(9))]);

        var error = await Should.ThrowAsync<ShardPausedException>(bank.CaughtUpAsync);

        error.InnerException.ShouldBeOfType<ApplyEventException>().Event.Position.ShouldBe(new Position(3));
        await ShouldShowAsync(bank, CompositeLedger.Of(good));
        (await bank.Storage.Checkpoints.ReadAllAsync(None)).ShouldHaveSingleItem().Position.ShouldBe(new Position(2));
    }

    [Fact]
    public async Task Event_that_is_skipped_is_skipped_in_all_stages_with_one_dead_letter()
    {
        await using var bank = await BankHost.StartAsync(t => t
            .AddProjection(new BankComposite((at, e) =>
            {
                if (at == 3 && e.Position == new Position(3))
                    throw new InvalidOperationException("Always.");
            }))
            .Configure(o => o.Shards.Errors = new() { Apply = ErrorAction.Skip }));
        Happening[] happened =
            [new("", "a", new Opened("A")), new("", "a", new Deposited(5)), new("", "a", new Deposited(7)), new("", "a", new Withdrawn(9))];
        await bank.AppendAsync(happened);
        await bank.CaughtUpAsync();

        await ShouldShowAsync(bank, CompositeLedger.Of([happened[0], happened[1], happened[3]]));
        var letter = (await bank.Daemon.ReadDeadLettersAsync()).ShouldHaveSingleItem();
        letter.Shard.Projection.ShouldBe(nameof(BankComposite));
        letter.Position.ShouldBe(new Position(3));
    }

    [Fact]
    public async Task Rebuild_and_another_version_swap_all_read_models_together()
    {
        Happening[] happened = [.. Seed.Cases(Gen.ListOf(BankLedger.Happenings, 200), 1)[0]];
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<BankComposite>());
        await bank.AppendAsync(happened[..150]);
        await bank.Daemon.RebuildAsync(nameof(BankComposite)).InTime();
        await bank.AppendAsync(happened[150..180]);
        await bank.CaughtUpAsync();
        await ShouldShowAsync(bank, CompositeLedger.Of(happened[..180]));
        await bank.Daemon.StopAsync();
        await bank.AppendAsync(happened[180..]);

        await using var next = await BankHost.StartAsync(t => t.AddProjection(new BankComposite(static (_, _) => { }, 2)), bank);
        await next.CaughtUpAsync();

        await ShouldShowAsync(next, CompositeLedger.Of(happened));
        (await next.Storage.ReadGenerationsAsync(None)).Where(g => g.State == GenerationState.Live)
            .ShouldHaveSingleItem().ShouldBe(new(nameof(BankComposite), 3, 2, GenerationState.Live));

        // What is replaced goes right behind the swap, its checkpoints last.
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await next.Storage.Checkpoints.ReadAllAsync(late.Token)).Any(c => c.Shard.Generation == 1))
            await Task.Yield();
        Should.Throw<InvalidOperationException>(() => next.Storage.Inner.ReadRows("owner_rows", 1));
    }

    [Fact]
    public async Task Stage_is_not_known_to_the_daemon_by_its_own_name()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<BankComposite>());

        var error = await Should.ThrowAsync<ArgumentException>(() => bank.Daemon.RebuildAsync(nameof(Balances)));

        error.Message.ShouldContain("stage of composite 'BankComposite'");
    }

    private static async Task ShouldShowAsync(BankHost bank, CompositeLedger ledger)
    {
        BankAudit.Same(await bank.DocumentsAsync<Balance>("Balances"), ledger.Balances);
        BankAudit.Same(await bank.DocumentsAsync<OwnerBoard>("OwnerBoards"), ledger.Boards);
        BankAudit.Same(await bank.DocumentsAsync<Sight>("Sights"), ledger.Sights);
        (await bank.Store.Documents<Summary>().FindAsync("all")).ShouldBe(ledger.Summary);
        BankAudit.Same(
            bank.Storage.Inner.ReadRows("owner_rows").ToDictionary(
                r => r.Key, r => ((long)r.Values["changes"]!, (long?)r.Values["last"], (long)r.Values["seen"]!)),
            ledger.Rows);
    }
}
