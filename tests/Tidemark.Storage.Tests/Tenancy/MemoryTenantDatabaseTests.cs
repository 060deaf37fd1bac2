using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;
using Tidemark.Testing;

namespace Tidemark.Storage.Tests.Tenancy;

/// <summary>Tenants in databases of their own in memory.</summary>
public sealed class MemoryTenantDatabaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hosts_that_share_databases_share_them_by_name()
    {
        var databases = new InMemoryDatabases();
        await using var here = new Tenants(b => b.UseInMemory(databases));
        await using var there = new Tenants(b => b.UseInMemory(databases));

        await here.Open("acme").Log.AppendAsync([Make.Append("order-1", ExpectedVersion.NoStream)], Token);
        await here.Main.Tenants.AddAsync("acme", "acme", Token);

        (await CountAsync(there.Open("acme"))).ShouldBe(1);
        (await CountAsync(there.Open("blue"))).ShouldBe(0);
        (await CountAsync(there.Main)).ShouldBe(0);
        (await there.Main.Tenants.ReadAsync(0, Token))!.Tenants.ShouldHaveSingleItem().Database.ShouldBe("acme");
        databases.Names.ShouldBe(["acme", "blue", "main"]);
    }

    [Fact]
    public async Task Hosts_that_were_given_no_databases_share_none()
    {
        await using var here = new Tenants(b => b.UseInMemory());
        await using var there = new Tenants(b => b.UseInMemory());

        await here.Open("acme").Log.AppendAsync([Make.Append("order-1", ExpectedVersion.NoStream)], Token);

        (await CountAsync(there.Open("acme"))).ShouldBe(0);
        (await CountAsync(here.Open("acme"))).ShouldBe(1);
    }

    [Fact]
    public async Task Name_that_is_not_allowed_is_refused()
    {
        await using var tenants = new Tenants(b => b.UseInMemory());

        Should.Throw<ArgumentException>(() => tenants.Open("Acme")).Message.ShouldContain("'Acme'");
    }

    private static async Task<int> CountAsync(IEventDatabaseStorage storage) =>
        (await storage.Log.ReadAsync(new(Position.Beginning, Position.Max, LogFilter.All, 1000, int.MaxValue), Token)).Events.Count;
}
