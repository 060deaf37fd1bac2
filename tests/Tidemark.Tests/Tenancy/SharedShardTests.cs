using System.Collections.Concurrent;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Tenancy;

/// <summary>Tenants that share a shard: one that fails or floods does not hold up the others.</summary>
public sealed class SharedShardTests
{
    private readonly Poison _poison = new();

    [Fact]
    public async Task Tenant_whose_event_fails_is_left_behind_and_the_others_go_on()
    {
        await using var bank = await StartAsync();
        await AppendAsync(bank, ("acme", 1), ("bolt", 2), ("acme", 13), ("bolt", 3), ("acme", 4));

        await bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        (await DiaryAsync(bank, "bolt"), await DiaryAsync(bank, "acme")).ShouldBe(("2;3;", "1;"));

        var own = await Should.ThrowAsync<ShardPausedException>(() => bank.Daemon.ForTenant("acme").WaitForCaughtUpAsync(Deadlines.Max));
        (own.Tenant!.Tenant.Value, own.Tenant.Reason, own.Tenant.Problem!.Category, own.Tenant.Problem.Event.Value)
            .ShouldBe(("acme", TenantBehindReason.Error, "Apply", 3));
        own.Message.ShouldContain("poison 13");
        (await Should.ThrowAsync<ShardPausedException>(() => bank.CaughtUpAsync())).Tenant!.Tenant.Value.ShouldBe("acme");
        await bank.Daemon.WaitForAsync("Diaries", new(2), Deadlines.Max);
        await bank.Daemon.ForTenant("bolt").WaitForAsync("Diaries", new(5), Deadlines.Max);

        var status = bank.Daemon.Status().Shards.Single();
        (status.State, status.Error).ShouldBe((ShardState.Live, null));
        status.TenantsBehind.ShouldHaveSingleItem().Position.ShouldBe(new Position(2));
        var health = bank.Daemon.CheckHealth();
        (health.State, health.Reasons.Single()).ShouldSatisfyAllConditions(
            h => h.State.ShouldBe(HealthState.Degraded), h => h.Item2.ShouldContain("has left tenant 'acme' at 2 (Error, Apply:"));
        var shown = (await bank.Host.Control.ReadStatusAsync()).Shards.Single();
        (shown.State, shown.TenantsBehind.Single().Problem!.Event.Value).ShouldBe(("running", 3));
    }

    [Fact]
    public async Task Tenant_that_was_left_behind_goes_on_in_order_when_resumed()
    {
        await using var bank = await StartAsync();
        await AppendAsync(bank, ("acme", 1), ("bolt", 2), ("acme", 13), ("acme", 4), ("acme", 66));
        await bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);

        _poison.Heal(13);
        bank.Daemon.Resume("Diaries");
        await UntilBehindAsync(bank, b => b.SingleOrDefault()?.Problem?.Event.Value == 5);
        (await DiaryAsync(bank, "acme")).ShouldBe("1;13;4;");

        _poison.Heal(66);
        bank.Daemon.Resume("Diaries");
        await bank.CaughtUpAsync();

        (await DiaryAsync(bank, "acme")).ShouldBe("1;13;4;66;");
        await UntilBehindAsync(bank, b => b.Count == 0);
        (await bank.Storage.Checkpoints.ReadAllAsync(default)).Single().Behind.ShouldBeEmpty();
        bank.Daemon.CheckHealth().State.ShouldBe(HealthState.Healthy);
    }

    [Fact]
    public async Task Tenant_that_fails_is_tried_again_by_itself_with_growing_pauses()
    {
        var clock = new ManualClock();
        var rows = new ConcurrentQueue<TenantProblem>();
        await using var bank = await StartAsync(clock: clock, hook: s => s.BeforeCommit = c =>
        {
            if (c.Move!.Behind?.SingleOrDefault()?.Problem is { } problem && rows.All(r => r.Failures != problem.Failures))
                rows.Enqueue(problem);
            return Task.CompletedTask;
        });
        await AppendAsync(bank, ("acme", 13), ("bolt", 2));
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (rows.Count < 4)
        {
            if (bank.Daemon.Status().Shards is [{ State: ShardState.Live, TenantsBehind.Count: 1 }] && clock.NextTimer is { } next)
                clock.Advance(next > clock.GetUtcNow() ? next - clock.GetUtcNow() : TimeSpan.Zero);
            await YieldAsync(late.Token);
        }

        rows.Take(4).Select(r => r.Failures).ShouldBe([1, 2, 3, 4]);
        var first = rows.First();
        (first.NextTry - first.Since).TotalSeconds.ShouldBeInRange(30 * 0.89, 30 * 1.11);
        foreach (var (before, after) in rows.Take(4).Zip(rows.Skip(1).Take(3)))
        {
            after.Since.ShouldBe(first.Since);
            (after.NextTry - before.NextTry).TotalSeconds.ShouldBeGreaterThan(30 * Math.Pow(2, before.Failures) * 0.89);
        }

        _poison.Heal(13);
        await clock.RunAsync(UntilBehindAsync(bank, b => b.Count == 0));
        (await DiaryAsync(bank, "acme")).ShouldBe("13;");
    }

    [Fact]
    public async Task Only_tenant_of_a_store_is_not_left_behind_and_its_shard_pauses()
    {
        await using var bank = await StartAsync();
        await AppendAsync(bank, ("acme", 1), ("acme", 13));

        var error = await Should.ThrowAsync<ShardPausedException>(() => bank.Daemon.ForTenant("acme").WaitForCaughtUpAsync(Deadlines.Max));

        (error.Tenant, error.Status!.State).ShouldBe((null, ShardState.Paused));
        (await bank.Storage.Checkpoints.ReadAllAsync(default)).Single().Behind.ShouldBeEmpty();
    }

    [Fact]
    public async Task Second_tenant_does_not_wait_for_the_pause_of_the_first()
    {
        await using var bank = await StartAsync(clock: new ManualClock());
        await AppendAsync(bank, ("acme", 1), ("acme", 13));
        await UntilAsync(bank, s => s is [{ State: ShardState.Paused }]);

        // Its clock stands still: no pause ends by itself.
        await AppendAsync(bank, ("bolt", 2));
        await UntilBehindAsync(bank, b => b.Count == 1);

        (await DiaryAsync(bank, "bolt"), await DiaryAsync(bank, "acme")).ShouldBe(("2;", "1;"));
    }

    [Fact]
    public async Task Pause_is_not_cut_short_where_there_were_several_tenants_before()
    {
        var tries = 0;
        await using var bank = await StartAsync(clock: new ManualClock(), hook: s => s.BeforeCommit = c =>
            c.Move!.Behind is { Count: > 0 } && Interlocked.Increment(ref tries) > 0
                ? throw new InvalidOperationException("The tenant's row cannot be stored.") : Task.CompletedTask);
        await AppendAsync(bank, ("bolt", 2));
        await bank.CaughtUpAsync();
        await AppendAsync(bank, ("acme", 13));
        await UntilAsync(bank, s => s is [{ State: ShardState.Paused }]);

        // Its clock stands still: no pause ends by itself.
        for (var i = 0; i < 200; i++)
            await AppendAsync(bank, ("bolt", 3));

        Volatile.Read(ref tries).ShouldBe(1);
    }

    [Fact]
    public async Task Projection_whose_rows_belong_to_no_tenant_pauses_for_all()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection(new Counts(_poison)));
        _poison.Add(13);
        await AppendAsync(bank, ("acme", 1), ("acme", 13), ("bolt", 2));

        var error = await Should.ThrowAsync<ShardPausedException>(() => bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max));

        (error.Tenant, error.Status!.Position.Value).ShouldBe((null, 1));
    }

    [Fact]
    public async Task At_most_so_many_tenants_are_left_behind_and_then_the_shard_pauses()
    {
        await using var bank = await StartAsync(o => o.Shards.TenantsBehindMax = 1);
        await AppendAsync(bank, ("core", 1), ("bolt", 2), ("acme", 13), ("bolt", 66), ("core", 2));

        var error = await Should.ThrowAsync<ShardPausedException>(() => bank.Daemon.ForTenant("core").WaitForCaughtUpAsync(Deadlines.Max));

        (error.Tenant, error.Status!.Position.Value, error.Status.TenantsBehind.Single().Tenant.Value).ShouldBe((null, 3, "acme"));
    }

    [Fact]
    public async Task Next_owner_goes_on_with_those_left_behind()
    {
        await using var first = await StartAsync();
        await AppendAsync(first, ("acme", 1), ("bolt", 2), ("acme", 13), ("acme", 4));
        await first.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        await first.Daemon.StopAsync();

        await using var second = await StartAsync(former: first, poisoned: false);
        await AppendAsync(second, ("bolt", 5), ("acme", 6));
        await second.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        (await DiaryAsync(second, "acme"), await DiaryAsync(second, "bolt")).ShouldBe(("1;", "2;5;"));
        second.Daemon.Status().Shards.Single().TenantsBehind.Single().Problem!.Failures.ShouldBe(1);

        _poison.Heal(13);
        second.Daemon.Resume("Diaries");
        await second.CaughtUpAsync();
        (await DiaryAsync(second, "acme")).ShouldBe("1;13;4;6;");
    }

    [Fact]
    public async Task Split_and_merge_keep_who_was_left_behind_and_repeat_nothing()
    {
        await using var bank = await StartAsync();
        for (var n = 100; n < 140; n++)
            await AppendAsync(bank, ("acme", n, $"s{n % 7}"), ("bolt", n, $"s{n % 7}"));
        await AppendAsync(bank, ("acme", 13, "s0"), ("bolt", 2, "s0"));
        await bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        await bank.Host.Control.SplitAsync("Diaries", 4).InTime();
        for (var n = 140; n < 160; n++)
            await AppendAsync(bank, ("acme", n, $"s{n % 7}"), ("bolt", n, $"s{n % 7}"));
        await bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        (await bank.Storage.Checkpoints.ReadAllAsync(default)).Where(c => c.Behind.Count > 0).ShouldNotBeEmpty();
        await bank.Host.Control.MergeAsync("Diaries").InTime();
        await AppendAsync(bank, ("acme", 160, "s0"), ("bolt", 160, "s0"));
        await bank.Daemon.ForTenant("bolt").WaitForCaughtUpAsync(Deadlines.Max);
        (await bank.Storage.Checkpoints.ReadAllAsync(default)).Single().Behind.Single().Problem!.Event.Value.ShouldBe(81);

        _poison.Heal(13);
        bank.Daemon.Resume("Diaries");
        await bank.CaughtUpAsync();

        var amounts = Enumerable.Range(100, 60).GroupBy(n => $"s{n % 7}").ToDictionary(g => g.Key, g => g.ToList());
        foreach (var (stream, sums) in amounts)
        {
            int[] Own(int extra) => stream != "s0" ? [.. sums] : [.. sums.Where(n => n < 140), extra, .. sums.Where(n => n >= 140), 160];
            (await DiaryAsync(bank, "acme", stream)).ShouldBe(string.Concat(Own(13).Select(n => $"{n};")));
            (await DiaryAsync(bank, "bolt", stream)).ShouldBe(string.Concat(Own(2).Select(n => $"{n};")));
        }
    }

    [Fact]
    public async Task Rebuild_is_swapped_in_once_the_tenants_it_left_behind_have_rejoined()
    {
        await using var bank = await StartAsync();
        _poison.Heal(13);
        await AppendAsync(bank, ("acme", 1), ("acme", 13), ("bolt", 2), ("acme", 4));
        await bank.CaughtUpAsync();
        _poison.Add(13);

        var rebuild = bank.Daemon.RebuildAsync("Diaries");
        await UntilAsync(bank, s => s.Any(x => x.Shard.Generation == 2 && x.Position.Value == 4 && x.TenantsBehind.Count == 1));
        rebuild.IsCompleted.ShouldBeFalse();
        await bank.CaughtUpAsync();
        (await DiaryAsync(bank, "acme")).ShouldBe("1;13;4;");

        _poison.Heal(13);
        bank.Daemon.Resume("Diaries");
        await rebuild.InTime();
        (await DiaryAsync(bank, "acme"), await DiaryAsync(bank, "bolt")).ShouldBe(("1;13;4;", "2;"));
    }

    [Fact]
    public async Task Projection_that_may_not_keep_tenants_apart_is_refused()
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(() => BankHost.StartAsync(t => t.AddProjection(new Mixed())));

        error.Message.ShouldBe("Projection 'Mixed' cannot keep tenants apart: it keeps documents across tenants. Leave " +
            "KeepsTenantsApart out.");
        (new Shares(_poison).KeepsTenantsApart, new Counts(_poison).KeepsTenantsApart, new Reminders().KeepsTenantsApart)
            .ShouldBe((true, false, false));
    }

    private sealed class Mixed : MultiStreamProjection<Share>
    {
        public Mixed()
        {
            AcrossTenants = true;
            KeepsTenantsApart = true;
            Key<Deposited>(_ => "all");
            Initial(_ => new(0, 0));
            On<Deposited>((s, _) => s);
        }
    }

    private Task<BankHost> StartAsync(
        Action<TidemarkOptions>? configure = null, ManualClock? clock = null, Action<HookedStorage>? hook = null, BankHost? former = null,
        bool poisoned = true)
    {
        if (poisoned)
            _poison.Add(13, 66);
        return BankHost.StartAsync(
            t => t.AddProjection(new Diaries(_poison)).Configure(configure ?? (_ => { })), former, clock, hook);
    }

    private static Task AppendAsync(BankHost bank, params (string Tenant, int Amount)[] deposits) =>
        AppendAsync(bank, [.. deposits.Select(d => (d.Tenant, d.Amount, "s"))]);

    private static Task AppendAsync(BankHost bank, params (string Tenant, int Amount, string Stream)[] deposits) =>
        bank.AppendAsync([.. deposits.Select(d => new Happening(d.Tenant, d.Stream, new Deposited(d.Amount)))]);

    private static async Task<string?> DiaryAsync(BankHost bank, string tenant, string stream = "s") =>
        (await bank.Store.ForTenant(tenant).Documents<Diary>().FindAsync(stream))?.Amounts;

    private static async Task YieldAsync(CancellationToken late)
    {
        late.ThrowIfCancellationRequested();
        await Task.Yield();
    }

    private static Task UntilBehindAsync(BankHost bank, Func<IReadOnlyList<TenantBehind>, bool> condition) =>
        UntilAsync(bank, s => s is [{ State: ShardState.Live } shard] && condition(shard.TenantsBehind));

    private static async Task UntilAsync(BankHost bank, Func<IReadOnlyList<ShardStatus>, bool> condition)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (!condition(bank.Daemon.Status().Shards))
            await YieldAsync(late.Token);
    }
}
