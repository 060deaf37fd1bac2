using Tidemark.Control;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tenancy;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Tenancy;

/// <summary>Tenants in databases of their own, under one daemon.</summary>
public sealed class TenantDatabaseTests
{
    private readonly InMemoryDatabases _databases = new();

    [Fact]
    public async Task Each_tenant_has_its_events_and_read_models_in_a_database_of_its_own()
    {
        await using var bank = await TenantBank.StartAsync(_databases);
        await bank.AddAsync("acme");
        await bank.AddAsync("bolt");

        await bank.DepositAsync("acme", "a", 5);
        await bank.DepositAsync("bolt", "a", 7);
        await bank.Host.Store.AppendAsync("a", ExpectedVersion.NoStream, [new Opened("A"), new Deposited(9)]);
        await bank.Host.Daemon.WaitForCaughtUpAsync(Deadlines.Max);

        _databases.Names.ShouldBe(["acme", "bolt", "main"]);
        (await bank.AmountAsync("acme", "a")).ShouldBe(5);
        (await bank.AmountAsync("bolt", "a")).ShouldBe(7);
        (await bank.Host.Store.Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(9);
        foreach (var tenant in (string[])["acme", "bolt", ""])
        {
            var log = await bank.Host.Store.ForTenant(tenant).ReadLogAsync().ToListAsync();
            log.Select(e => (e.Tenant.Value, e.Position.Value)).ShouldBe([(tenant, 1), (tenant, 2)]);
        }
    }

    [Fact]
    public async Task Tenant_that_another_process_adds_is_found_and_its_shards_run()
    {
        await using var tool = await TenantBank.StartAsync(_databases, "tool", t => t.UseTenantDatabases());
        await using var bank = await TenantBank.StartAsync(_databases);

        var added = await tool.Tenants.AddAsync("acme");
        await bank.DepositAsync("acme", "a", 5);

        (added.Database, added.State).ShouldBe(("acme", TenantState.Active));
        (await bank.AmountAsync("acme", "a")).ShouldBe(5);
        Should.Throw<UnknownTenantException>(() => bank.Host.Store.ForTenant("bolt")).Tenant.ShouldBe(new TenantId("bolt"));
        await Should.ThrowAsync<UnknownTenantException>(() => bank.Host.Store.ForTenantAsync("bolt"));
        Should.Throw<UnknownTenantException>(() => bank.Host.Daemon.ForTenant("bolt"));
    }

    [Fact]
    public async Task Removed_tenant_is_refused_and_no_longer_run_and_comes_back_with_its_events()
    {
        await using var bank = await TenantBank.StartAsync(_databases);
        var store = await bank.AddAsync("acme");
        await bank.DepositAsync("acme", "a", 5);
        (await bank.AmountAsync("acme", "a")).ShouldBe(5);

        (await bank.Tenants.RemoveAsync("acme")).ShouldBeTrue();
        (await bank.Tenants.RemoveAsync("acme")).ShouldBeFalse();
        await UntilAsync(() => bank.Host.Daemon.Status().Shards.All(s => s.Shard.Database == "main"));
        await Should.ThrowAsync<UnknownTenantException>(() => store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)]));
        bank.Tenants.Tenants.ShouldBeEmpty();

        (await bank.Tenants.AddAsync("acme")).Database.ShouldBe("acme");
        await store.AppendAsync("a", ExpectedVersion.Any, [new Deposited(1)]);
        (await bank.AmountAsync("acme", "a")).ShouldBe(6);
        (await bank.Host.Control.ReadLeasesAsync()).Shards.Count(l => l.Shard.Database == "acme").ShouldBe(2);
    }

    [Fact]
    public async Task Databases_are_shared_among_nodes_and_each_is_read_by_one_of_them()
    {
        await using var one = await TenantBank.StartAsync(_databases);
        foreach (var tenant in (string[])["a1", "a2", "a3", "a4", "a5"])
            await one.AddAsync(tenant);
        await UntilAsync(() => one.Host.Daemon.Status().Shards.Count == 12);
        await using var two = await TenantBank.StartAsync(_databases, "two");
        await UntilAsync(() => two.Host.Daemon.Status().Shards.Count == 6 && one.Host.Daemon.Status().Shards.Count == 6);

        foreach (var tenant in (string[])["a1", "a2", "a3", "a4", "a5"])
            await two.DepositAsync(tenant, "a", 5);
        await one.Host.Daemon.WaitForCaughtUpAsync(Deadlines.Max);

        var leases = await one.Host.Control.ReadLeasesAsync();
        leases.Shards.Where(l => l.Shard.Database != "main").GroupBy(l => l.Shard.Database).ShouldAllBe(
            database => database.Select(l => l.Owner).Distinct().Count() == 1);
        foreach (var tenant in (string[])["a1", "a2", "a3", "a4", "a5"])
            (await one.AmountAsync(tenant, "a")).ShouldBe(5);
        var status = await two.Host.Control.ReadStatusAsync();
        status.Databases.Select(d => (d.Name, d.Mark.Value, d.Problem)).ShouldBe(
            [("main", 0, null), ("a1", 2, null), ("a2", 2, null), ("a3", 2, null), ("a4", 2, null), ("a5", 2, null)]);
        status.Shards.ShouldAllBe(s => s.Gap == 0 && s.State == ClusterShard.Running);
    }

    [Fact]
    public async Task Database_that_is_away_holds_up_nobody_else_and_is_named_until_it_is_back()
    {
        var away = false;
        await using var first = await TenantBank.StartAsync(_databases, "tool", t => t.UseTenantDatabases());
        await first.AddAsync("acme");
        await first.AddAsync("bolt");
        away = true;
        await using var bank = await TenantBank.StartAsync(_databases, hook: (storage, database) =>
        {
            if (database == "bolt")
                storage.BeforePrepare = () => away ? throw new AwayException() : Task.CompletedTask;
        });
        await bank.DepositAsync("acme", "a", 5);
        await bank.DepositAsync("bolt", "a", 7);

        (await bank.AmountAsync("acme", "a")).ShouldBe(5);
        await UntilAsync(() => bank.Host.Daemon.CheckHealth().State == HealthState.Degraded);
        bank.Host.Daemon.CheckHealth().Reasons.ShouldHaveSingleItem().ShouldBe(
            "event database bolt cannot be opened: The database is away.");

        away = false;
        (await bank.AmountAsync("bolt", "a")).ShouldBe(7);
        await UntilAsync(() => bank.Host.Daemon.CheckHealth().State == HealthState.Healthy);
    }

    [Fact]
    public async Task Failing_shard_of_one_tenant_leaves_the_others_alone()
    {
        await using var bank = await TenantBank.StartAsync(_databases);
        await bank.AddAsync("acme");
        await bank.AddAsync("bolt");
        await bank.DepositAsync("bolt", "a", BankLedger.Forbidden);
        await bank.DepositAsync("acme", "a", 5);

        (await bank.AmountAsync("acme", "a")).ShouldBe(5);
        var error = await Should.ThrowAsync<ShardPausedException>(() => bank.AmountAsync("bolt", "a"));
        error.Message.ShouldContain("@bolt");
    }

    [Fact]
    public async Task Read_model_of_one_tenant_is_rebuilt_alone()
    {
        await using var bank = await TenantBank.StartAsync(_databases);
        await bank.AddAsync("acme");
        await bank.AddAsync("bolt");
        await bank.DepositAsync("acme", "a", 5);
        await bank.Host.Daemon.WaitForCaughtUpAsync(Deadlines.Max);

        await bank.Host.Daemon.ForTenant("acme").RebuildAsync("Balances").InTime();
        (await GenerationsAsync(bank)).ShouldBe(["acme 2", "bolt 1", "main 1"]);
        (await bank.Host.Control.RebuildAsync("Balances@bolt").InTime()).State.ShouldBe(CommandState.Succeeded);
        await UntilAsync(async () => (await GenerationsAsync(bank)).SequenceEqual(["acme 2", "bolt 2", "main 1"]));

        (await bank.AmountAsync("acme", "a")).ShouldBe(5);
        var wrong = await Should.ThrowAsync<CommandFailedException>(() => bank.Host.Control.RebuildAsync("Balances@nobody").InTime());
        wrong.Message.ShouldContain("There is no projection and no shard 'Balances@nobody'");
    }

    [Fact]
    public async Task New_version_of_a_projection_is_built_on_every_database()
    {
        await using (var old = await TenantBank.StartAsync(_databases))
        {
            await old.AddAsync("acme");
            await old.DepositAsync("acme", "a", 5);
            await old.Host.Daemon.WaitForCaughtUpAsync(Deadlines.Max);
        }

        await using var bank = await TenantBank.StartAsync(
            _databases, build: t => t.UseTenantDatabases().AddProjection(new Balances(version: 2)));
        await UntilAsync(async () => (await GenerationsAsync(bank)).SequenceEqual(["acme 2", "main 2"]));

        (await bank.AmountAsync("acme", "a")).ShouldBe(10);
    }

    [Fact]
    public async Task Inline_projections_work_on_a_database_that_another_process_made()
    {
        await using var one = await TenantBank.StartAsync(
            _databases, build: t => t.UseTenantDatabases().AddProjection<Balances>(ProjectionLifecycle.Inline));
        await one.AddAsync("acme");
        await using var two = await TenantBank.StartAsync(
            _databases, "two", t => t.UseTenantDatabases().AddProjection<Balances>(ProjectionLifecycle.Inline));

        await two.DepositAsync("acme", "a", 5);

        (await one.Host.Store.ForTenant("acme").Documents<Balance>().FindAsync("a"))!.Amount.ShouldBe(5);
    }

    [Fact]
    public async Task Node_that_was_not_told_of_tenants_names_what_is_wrong()
    {
        await using (var bank = await TenantBank.StartAsync(_databases))
        {
            await bank.AddAsync("acme");
            await UntilAsync(() => bank.Host.Daemon.Status().Shards.Count == 4);
        }

        await using var other = await TenantBank.StartAsync(_databases, build: t => t.AddProjection<Balances>().AddProjection<Books>());

        await UntilAsync(async () => (await other.Host.Control.ReadLeasesAsync()).Shards.Any(
            l => l.Shard.Database == "acme" && l.Problem?.Message.Contains("UseTenantDatabases", StringComparison.Ordinal) == true));
        await other.Host.Daemon.WaitForCaughtUpAsync(Deadlines.Max);

        // What it knows of goes on as ever, commands included.
        (await other.Host.Control.RebuildAsync("Balances@main").InTime()).State.ShouldBe(CommandState.Succeeded);
    }

    private static async Task<string[]> GenerationsAsync(TenantBank bank) =>
    [
        .. (await bank.Host.Control.ReadLeasesAsync()).Shards
            .Where(l => l.Shard.Projection == "Balances" && l.State == LeaseState.Wanted)
            .Select(l => $"{l.Shard.Database} {l.Shard.Generation}").Order(StringComparer.Ordinal),
    ];

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var late = new CancellationTokenSource(Deadlines.Max);
        while (!await condition())
        {
            late.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
