using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Tenancy;

/// <summary>A flood of one tenant, measured in events and turns: what others wait for, and who is spared the detour.</summary>
public sealed class FloodTests
{
    private const int Page = 50;
    private const int Turn = 20;

    private readonly Poison _poison = new();
    private readonly List<Commit> _commits = [];
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Position _reachable = Position.Max;

    /// <summary>A commit: how many amounts of each tenant its documents held, and who was left behind.</summary>
    private sealed record Commit(Dictionary<string, int> Entries, IReadOnlyList<TenantBehind>? Behind);

    [Fact]
    public async Task Event_behind_a_flood_waits_for_a_few_turns_and_not_for_the_flood()
    {
        await using var bank = await LiveAsync();
        await FloodAsync(bank, ("acme", 2000), ("bolt", 1));

        await bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        await bank.CaughtUpAsync();

        var first = _commits.FindIndex(c => c.Entries.ContainsKey("bolt"));
        _commits.Take(first).Sum(c => c.Entries.GetValueOrDefault("acme")).ShouldBeLessThanOrEqualTo((2 * Page) + (2 * Turn));
        _commits.Sum(c => c.Entries.GetValueOrDefault("acme")).ShouldBe(2000);
        _commits.Sum(c => c.Entries.GetValueOrDefault("bolt")).ShouldBe(1);
        await RejoinedAsync(bank);
        (await AmountsAsync(bank, "acme")).ShouldBe(Enumerable.Range(1, 2000));
    }

    [Fact]
    public async Task Several_floods_and_others_between_them_have_turns()
    {
        await using var bank = await LiveAsync();
        (string, int)[] runs = [.. Enumerable.Range(0, 40).SelectMany(_ => new[] { ("acme", 30), ("core", 30), ("bolt", 1) })];
        await FloodAsync(bank, runs);

        await bank.CaughtUpAsync();

        var last = _commits.FindLastIndex(c => c.Entries.ContainsKey("bolt"));
        _commits.Take(last + 1).Sum(c => c.Entries.GetValueOrDefault("acme") + c.Entries.GetValueOrDefault("core"))
            .ShouldBeLessThan(1200, "the others are done before half of the floods is");
        await RejoinedAsync(bank);
        foreach (var (tenant, count) in ((string, int)[])[("acme", 1200), ("core", 1200), ("bolt", 40)])
            (await AmountsAsync(bank, tenant)).ShouldBe(Enumerable.Range(1, count));
    }

    [Fact]
    public async Task Turn_holds_as_many_events_as_the_weight_says()
    {
        await using var bank = await LiveAsync(o => o.Shards.TenantWeights["acme"] = 3);
        await FloodAsync(bank, ("acme", 1000), ("bolt", 1000));

        await bank.CaughtUpAsync();

        var turns = _commits.Where(c => c.Behind?.Any(b => b.Tenant == "acme") == true && c.Entries.ContainsKey("acme")).ToArray();
        var beside = _commits.Where(c => c.Entries.ContainsKey("bolt")).ToArray();
        turns[0].Entries["acme"].ShouldBe(3 * Turn);
        beside[1].Entries["bolt"].ShouldBe(Turn);
        (await AmountsAsync(bank, "acme")).ShouldBe(Enumerable.Range(1, 1000));
        (await AmountsAsync(bank, "bolt")).ShouldBe(Enumerable.Range(1, 1000));
    }

    [Fact]
    public async Task Flood_that_nobody_waits_behind_is_worked_off_in_the_order_of_the_log()
    {
        await using var bank = await LiveAsync();
        await FloodAsync(bank, ("bolt", 1), ("acme", 2000));

        await bank.CaughtUpAsync();

        _commits.ShouldAllBe(c => c.Behind == null);
        (await AmountsAsync(bank, "acme")).ShouldBe(Enumerable.Range(1, 2000));
    }

    [Fact]
    public async Task Backlog_of_a_new_projection_is_caught_up_in_the_order_of_the_log()
    {
        var clock = new ManualClock();
        await using var first = await BankHost.StartAsync(t => t.Configure(_ => { }), clock: clock);
        await AppendAsync(first, ("acme", 2000), ("bolt", 1), ("acme", 500), ("core", 5));
        clock.Advance(TimeSpan.FromSeconds(3));
        await using var second = await StartAsync(first, clock: clock);
        _open.SetResult();

        await second.CaughtUpAsync();

        _commits.ShouldNotBeEmpty();
        _commits.ShouldAllBe(c => c.Behind == null);
        (await AmountsAsync(second, "acme")).ShouldBe(Enumerable.Range(1, 2500));
    }

    [Fact]
    public async Task Flood_that_came_while_nobody_ran_the_shard_does_not_hold_up_others_either()
    {
        await using var first = await StartAsync(null);
        _open.SetResult();
        await AppendAsync(first, ("acme", 1), ("bolt", 1));
        await first.CaughtUpAsync();
        await first.Daemon.StopAsync();
        await AppendAsync(first, ("acme", 2000), ("bolt", 1));
        _commits.Clear();

        await using var second = await StartAsync(first);
        await second.CaughtUpAsync();

        _commits.ShouldContain(c => c.Behind != null && c.Behind.Any(b => b.Tenant == "acme"));
        var bolt = _commits.FindIndex(c => c.Entries.ContainsKey("bolt"));
        _commits.Take(bolt).Sum(c => c.Entries.GetValueOrDefault("acme")).ShouldBeLessThanOrEqualTo((2 * Page) + (2 * Turn));
    }

    [Fact]
    public async Task Next_owner_that_does_not_know_the_mark_yet_repeats_nothing_of_a_flood()
    {
        await using var first = await LiveAsync(o => o.Shards.CommitEventsMax = 50);
        _reachable = new(300);
        await FloodAsync(first, ("acme", 200), ("bolt", 100), ("acme", 800), ("bolt", 1));
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (first.Daemon.Status().Shards is not [{ TenantsBehind: [{ Position.Value: > 100 }] }])
            await YieldAsync(late.Token);
        await first.Daemon.StopAsync(new CancellationToken(true));
        (await first.Storage.Checkpoints.ReadAllAsync(default)).Single().Behind.ShouldHaveSingleItem();
        _reachable = Position.Max;

        var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = StartAsync(first, beforeMark: () => known.Task);
        for (var n = 0; n < 1000; n++)
            await Task.Yield();
        known.SetResult();
        await using var second = await start.InTime();
        await second.CaughtUpAsync();

        (await AmountsAsync(second, "acme")).ShouldBe(Enumerable.Range(1, 1000));
    }

    [Fact]
    public async Task Failing_event_of_a_flood_leaves_the_tenant_behind_until_it_is_mended()
    {
        await using var bank = await LiveAsync();
        _poison.Add(1500);
        await FloodAsync(bank, ("acme", 2000), ("bolt", 1));

        await bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        var error = await Should.ThrowAsync<ShardPausedException>(() => bank.CaughtUpAsync());
        error.Tenant!.Problem!.Message.ShouldContain("poison 1500");
        (await AmountsAsync(bank, "acme")).ShouldBe(Enumerable.Range(1, 1499));

        _poison.Heal(1500);
        bank.Daemon.Resume("Diaries");
        await bank.CaughtUpAsync();
        (await AmountsAsync(bank, "acme")).ShouldBe(Enumerable.Range(1, 2000));
    }

    [Theory]
    [InlineData(ErrorAction.Skip)]
    [InlineData(ErrorAction.Park)]
    public async Task Failing_event_of_a_flood_becomes_a_dead_letter_when_the_options_say_so(ErrorAction action)
    {
        await using var bank = await LiveAsync(o => o.Shards.Errors = new() { Apply = action });
        _poison.Add(1500);
        await FloodAsync(bank, ("acme", 2000), ("bolt", 1));

        await bank.CaughtUpAsync();

        var letter = (await bank.Daemon.ReadDeadLettersAsync()).ShouldHaveSingleItem();
        (letter.Tenant.Value, letter.Version.Value).ShouldBe(("acme", 1500));
        (await AmountsAsync(bank, "acme"))
            .ShouldBe(Enumerable.Range(1, action == ErrorAction.Park ? 1499 : 2000).Where(n => n != 1500));
        if (action != ErrorAction.Park)
            return;
        _poison.Heal(1500);
        (await bank.Daemon.RetryDeadLetterAsync("Diaries", letter.Position)).ShouldBe(new DeadLetterOutcome(501, null));
        (await AmountsAsync(bank, "acme")).ShouldBe(Enumerable.Range(1, 2000));
    }

    [Fact]
    public async Task Table_that_says_so_keeps_tenants_apart_too()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection(new TenantCounts(_poison)));
        _poison.Add(13);
        await bank.AppendAsync(
            new("acme", "s", new Deposited(1)), new("acme", "s", new Deposited(13)), new("bolt", "s", new Deposited(2)),
            new("acme", "s", new Deposited(4)));

        await bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        Rows(bank).ShouldBe([("acme", 1), ("bolt", 2)]);

        _poison.Heal(13);
        bank.Daemon.Resume("TenantCounts");
        await bank.CaughtUpAsync();
        Rows(bank).ShouldBe([("acme", 18), ("bolt", 2)]);
    }

    private sealed class TenantCounts : FlatTableProjection
    {
        public TenantCounts(Poison poison)
        {
            KeepsTenantsApart = true;
            KeyColumn("tenant");
            Column("total", ColumnType.Integer);
            On<Deposited>(e => e.Tenant, (row, e) =>
            {
                poison.Taste(e.Data.Amount);
                row.Increment("total", e.Data.Amount);
            });
        }
    }

    private static IEnumerable<(string, long)> Rows(BankHost bank) =>
        bank.Storage.Inner.ReadRows("tenant_counts").Select(r => (r.Key, (long)r.Values["total"]!)).Order();

    // A shard that is live, and that has one event to commit, which waits until the flood is there.
    private async Task<BankHost> LiveAsync(Action<TidemarkOptions>? configure = null)
    {
        var bank = await StartAsync(null, configure);
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (bank.Daemon.Status().Shards is not [{ State: ShardState.Live }])
            await YieldAsync(late.Token);
        await bank.AppendAsync(new Happening("first", "s", new Deposited(1)));
        await _held.Task.InTime();
        return bank;
    }

    private Task<BankHost> StartAsync(
        BankHost? former, Action<TidemarkOptions>? configure = null, ManualClock? clock = null, Func<Task>? beforeMark = null) =>
        BankHost.StartAsync(
        t => t.AddProjection(new Diaries(_poison)).Configure(o =>
        {
            o.Pulling.PageEventsMax = Page;
            o.Shards.TurnEventsMax = Turn;
            configure?.Invoke(o);
        }),
        former,
        clock,
        hook: s =>
        {
            s.BeforeMark = beforeMark ?? s.BeforeMark;
            s.BeforeCommit = async c =>
            {
                _held.TrySetResult();
                await _open.Task;
                if (c.Move!.Behind?.Any(b => b.Position > _reachable) == true)
                    throw new AwayException();
                Note(c);
            };
        });

    // Diaries tell how many entries they have, so that a commit tells how many it adds.
    private void Note(ReadModelCommit commit)
    {
        var known = _commits.SelectMany(c => c.Entries).GroupBy(e => e.Key).ToDictionary(g => g.Key, g => g.Sum(e => e.Value));
        var entries = commit.Documents.SelectMany(d => d.Upserts).ToDictionary(
            d => d.Key.Tenant.Value,
            d => System.Text.Encoding.UTF8.GetString(d.Json.Span).Count(c => c == ';') - known.GetValueOrDefault(d.Key.Tenant.Value));
        _commits.Add(new(entries, commit.Move!.Behind));
    }

    private static async Task YieldAsync(CancellationToken late)
    {
        late.ThrowIfCancellationRequested();
        await Task.Yield();
    }

    private async Task FloodAsync(BankHost bank, params (string Tenant, int Count)[] runs)
    {
        await AppendAsync(bank, runs);
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (bank.Daemon.Status().Mark.Value <= runs.Sum(r => r.Count))
            await YieldAsync(late.Token);
        _open.SetResult();
    }

    private static async Task AppendAsync(BankHost bank, params (string Tenant, int Count)[] runs)
    {
        foreach (var (tenant, count) in runs)
        {
            var store = bank.Store.ForTenant(tenant);
            var last = (await store.FindStreamAsync("s"))?.Version.Value ?? 0;
            foreach (var chunk in Enumerable.Range((int)last + 1, count).Chunk(500))
                await store.AppendAsync("s", ExpectedVersion.Any, [.. chunk.Select(n => new NewEvent(new Deposited(n)))]);
        }
    }

    private static async Task RejoinedAsync(BankHost bank)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while ((await bank.Storage.Checkpoints.ReadAllAsync(late.Token)).Any(c => c.Behind.Count > 0))
            await YieldAsync(late.Token);
    }

    private static async Task<IEnumerable<int>> AmountsAsync(BankHost bank, string tenant) =>
        ((await bank.Store.ForTenant(tenant).Documents<Diary>().FindAsync("s"))?.Amounts ?? "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse);
}
