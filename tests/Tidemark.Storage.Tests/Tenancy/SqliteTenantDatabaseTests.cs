using Tidemark.Events;
using Tidemark.Sqlite;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Tenancy;

/// <summary>Tenants in SQLite files of their own.</summary>
public sealed class SqliteTenantDatabaseTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidemark-tenants-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("orders.db", "orders.acme.db")]
    [InlineData("orders", "orders.acme")]
    [InlineData("or.ders.sqlite", "or.ders.acme.sqlite")]
    public async Task File_of_a_tenant_database_is_beside_that_of_the_coordination_database(string main, string expected)
    {
        await using var tenants = Start(main);
        var acme = tenants.Open("acme");

        await acme.Schema.ApplyAsync(Token);
        await acme.Log.AppendAsync([Make.Append("order-1", ExpectedVersion.Any)], Token);

        File.Exists(Path.Combine(_folder.FullName, expected)).ShouldBeTrue();
        File.Exists(Path.Combine(_folder.FullName, main)).ShouldBeFalse();
    }

    [Fact]
    public async Task Path_of_a_tenant_database_can_be_given()
    {
        await using var tenants = Start("orders.db", o => o.TenantPath = name => Path.Combine(_folder.FullName, name, "events.db"));

        await tenants.Open("acme").Schema.ApplyAsync(Token);

        File.Exists(Path.Combine(_folder.FullName, "acme", "events.db")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("../acme")]
    [InlineData("Acme")]
    [InlineData("main")]
    [InlineData("")]
    public async Task Name_that_is_not_allowed_is_refused(string name)
    {
        await using var tenants = Start("orders.db");

        Should.Throw<ArgumentException>(() => tenants.Open(name)).Message.ShouldContain($"'{name}'");
    }

    [Fact]
    public async Task File_of_the_coordination_database_is_refused_for_a_tenant()
    {
        await using var tenants = Start("orders.db", o => o.TenantPath = _ => o.Path);

        Should.Throw<ArgumentException>(() => tenants.Open("acme")).Message.ShouldContain("TenantPath");
    }

    [Fact]
    public void Cache_of_a_tenant_database_is_an_eighth_but_not_less_than_2_MiB_or_as_given()
    {
        var options = new SqliteOptions { Path = "orders.db" };
        options.OfTenant("acme").CacheBytes.ShouldBe(8L << 20);
        options.CacheBytes = 4L << 20;
        options.OfTenant("acme").CacheBytes.ShouldBe(2L << 20);
        options.TenantCacheBytes = 1L << 20;
        options.OfTenant("acme").CacheBytes.ShouldBe(1L << 20);
    }

    private Tenants Start(string main, Action<SqliteOptions>? configure = null) =>
        new(b => b.UseSqlite(Path.Combine(_folder.FullName, main), configure));
}
