using Microsoft.Extensions.DependencyInjection;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Tenancy;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Tenancy;

/// <summary>How tenants get their databases.</summary>
public sealed class TenantDirectoryTests
{
    private readonly InMemoryDatabases _databases = new();

    [Fact]
    public async Task Own_database_has_the_name_of_its_tenant_or_the_one_that_was_given()
    {
        await using var bank = await StartAsync(t => t.UseTenantDatabases());

        (await bank.Tenants.AddAsync("acme")).Database.ShouldBe("acme");
        (await bank.Tenants.AddAsync("Bolt & Nut", "bolt")).Database.ShouldBe("bolt");

        var unfit = await Should.ThrowAsync<ArgumentException>(() => bank.Tenants.AddAsync("Nut & Bolt"));
        unfit.Message.ShouldContain("Name the database");
        var moved = await Should.ThrowAsync<ArgumentException>(() => bank.Tenants.AddAsync("acme", "other"));
        moved.Message.ShouldContain("is in event database 'acme'");
        await Should.ThrowAsync<ArgumentException>(() => bank.Tenants.AddAsync("x", "main"));
        await Should.ThrowAsync<ArgumentException>(() => bank.Tenants.AddAsync("x", "../x"));
        await Should.ThrowAsync<ArgumentException>(() => bank.Tenants.AddAsync(TenantId.Default));
        bank.Tenants.Tenants.Select(t => t.Id.Value).ShouldBe(["Bolt & Nut", "acme"]);
    }

    [Fact]
    public async Task Hash_spreads_tenants_over_the_pool_and_gives_each_process_the_same_answer()
    {
        string[] pool = ["east", "west", "north"];
        await using var bank = await StartAsync(t => t.UseTenantDatabases(TenantAssignment.Hash, pool));
        foreach (var n in Enumerable.Range(0, 60))
            await bank.Tenants.AddAsync($"tenant-{n}");
        var databases = new InMemoryDatabases();
        await using var other = await TenantBank.StartAsync(
            databases, build: t => t.UseTenantDatabases(TenantAssignment.Hash, pool));
        foreach (var n in Enumerable.Range(0, 60))
            await other.Tenants.AddAsync($"tenant-{n}");

        var assigned = bank.Tenants.Tenants.CountBy(t => t.Database).ToDictionary();
        assigned.Keys.Order().ShouldBe(["east", "north", "west"]);
        assigned.Values.ShouldAllBe(count => count >= 10);
        other.Tenants.Tenants.Select(t => (t.Id, t.Database)).ShouldBe(bank.Tenants.Tenants.Select(t => (t.Id, t.Database)));
    }

    [Fact]
    public async Task Least_loaded_fills_the_pool_evenly()
    {
        await using var bank = await StartAsync(t => t.UseTenantDatabases(TenantAssignment.LeastLoaded, "east", "west"));
        foreach (var n in Enumerable.Range(0, 7))
            await bank.Tenants.AddAsync($"tenant-{n}");

        bank.Tenants.Tenants.CountBy(t => t.Database).Select(c => c.Value).Order().ShouldBe([3, 4]);
    }

    [Fact]
    public async Task Explicit_assignment_wants_a_name_and_a_pool_knows_its_own()
    {
        await using var bank = await StartAsync(t => t.UseTenantDatabases(TenantAssignment.Explicit, "east", "west"));

        var unnamed = await Should.ThrowAsync<ArgumentException>(() => bank.Tenants.AddAsync("acme"));
        unnamed.Message.ShouldContain("There are: east, west.");
        await Should.ThrowAsync<ArgumentException>(() => bank.Tenants.AddAsync("acme", "south"));
        (await bank.Tenants.AddAsync("acme", "west")).Database.ShouldBe("west");
        (await bank.Tenants.AddAsync("acme")).Database.ShouldBe("west");
    }

    [Fact]
    public async Task Tenants_of_a_pool_share_a_database_and_see_only_their_own()
    {
        await using var bank = await StartAsync(
            t => t.UseTenantDatabases(TenantAssignment.LeastLoaded, "east").AddProjection<Balances>());
        await bank.AddAsync("acme");
        await bank.AddAsync("bolt");
        await bank.DepositAsync("acme", "a", 5);
        await bank.DepositAsync("bolt", "a", 7);

        (await bank.AmountAsync("acme", "a")).ShouldBe(5);
        (await bank.AmountAsync("bolt", "a")).ShouldBe(7);
        await bank.Tenants.RemoveAsync("acme");
        (await bank.AmountAsync("bolt", "a")).ShouldBe(7);
        bank.Host.Daemon.Status().Shards.Select(s => s.Shard.Database).Order().ShouldBe(["east", "main"]);
    }

    [Fact]
    public async Task Store_without_tenant_databases_serves_any_tenant_from_the_one()
    {
        await using var bank = await StartAsync(t => t.AddProjection<Balances>());

        bank.Host.Tenants.ShouldBeNull();
        await bank.Host.Store.ForTenant("anybody").AppendAsync("a", ExpectedVersion.NoStream, [new Opened("A")]);
        bank.Host.Daemon.ForTenant("anybody").Database.ShouldBe("main");
    }

    [Fact]
    public async Task Process_without_a_daemon_learns_of_tenants_that_come_and_go()
    {
        var clock = new ManualClock();
        await using var other = await StartAsync(t => t.UseTenantDatabases());
        await using var bank = await TenantBank.StartAsync(_databases, "two", t =>
        {
            t.Services.AddSingleton<TimeProvider>(clock);
            t.UseTenantDatabases().Configure(o => o.RunDaemon = false);
        });

        await other.Tenants.AddAsync("acme");
        await LooksAsync(() => bank.Tenants.Find("acme") is not null);
        await other.Tenants.RemoveAsync("acme");
        await LooksAsync(() => bank.Tenants.Find("acme") is null);

        async Task LooksAsync(Func<bool> condition)
        {
            using var late = new CancellationTokenSource(Deadlines.Max);
            while (!condition())
            {
                late.Token.ThrowIfCancellationRequested();
                clock.Advance(TimeSpan.FromSeconds(30));
                await Task.Yield();
            }
        }
    }

    [Theory]
    [InlineData(TenantAssignment.Hash)]
    [InlineData(TenantAssignment.LeastLoaded)]
    public async Task Pool_without_databases_is_refused(TenantAssignment assignment) =>
        (await Should.ThrowAsync<ArgumentException>(() => StartAsync(t => t.UseTenantDatabases(assignment))))
            .Message.ShouldContain("The pool is empty");

    [Fact]
    public async Task Pool_with_a_name_twice_or_a_wrong_one_is_refused()
    {
        await Should.ThrowAsync<ArgumentException>(() => StartAsync(t => t.UseTenantDatabases(TenantAssignment.Hash, "a", "a")));
        await Should.ThrowAsync<ArgumentException>(() => StartAsync(t => t.UseTenantDatabases(TenantAssignment.Hash, "A b")));
        await Should.ThrowAsync<InvalidOperationException>(() => StartAsync(t => t.UseTenantDatabases().UseTenantDatabases()));
    }

    private Task<TenantBank> StartAsync(Action<TidemarkBuilder> build) => TenantBank.StartAsync(_databases, build: build);
}
