using Npgsql;
using Tidemark.Events;
using Tidemark.PostgreSql;
using Tidemark.Storage.Tests.Stores;
using Tidemark.TestKit;
using Tidemark.TestKit.Postgres;

namespace Tidemark.Storage.Tests.Tenancy;

/// <summary>A database that does not exist is made with its schema.</summary>
public sealed class PostgreSqlMissingDatabaseTests : IAsyncLifetime
{
    private readonly string _name = $"Missing \"{Guid.NewGuid():N}\"";
    private PostgresCluster? _cluster;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (Requirements.PostgreSqlMissing() is { } missing)
            Assert.Skip(missing);
        _cluster = (await PostgreSqlStore.ServerAsync()).Cluster;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await ExecuteAsync($"drop database if exists {Quoted} with (force)");
    }

    [Fact]
    public async Task Check_says_that_the_database_does_not_exist()
    {
        await using var storage = Open();

        var status = await storage.Schema.CheckAsync(Token);

        status.IsCurrent.ShouldBeFalse();
        status.Missing.ShouldNotBeEmpty();
        status.Problems.ShouldHaveSingleItem().ShouldContain($"'{_name}' does not exist");
    }

    [Fact]
    public async Task Apply_by_4_processes_at_once_makes_the_database_and_its_schema()
    {
        await using var storage = Open();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            await using var other = Open();
            await other.Schema.ApplyAsync(Token);
        })));

        (await storage.Schema.CheckAsync(Token)).IsCurrent.ShouldBeTrue();
        (await storage.Log.AppendAsync([Make.Append("order-1", ExpectedVersion.NoStream)], Token))[0].IsStored.ShouldBeTrue();
    }

    [Fact]
    public async Task Role_that_may_not_create_databases_is_told_what_to_do()
    {
        const string role = "tidemark_without_createdb";
        Assert.SkipUnless(_cluster!.CanRestart, "Only a cluster of our own lets a new role in.");
        await ExecuteAsync($"create role {role} login");
        try
        {
            await using var storage = Open(role);

            var error = await Should.ThrowAsync<SchemaException>(async () => await storage.Schema.ApplyAsync(Token));

            error.Message.ShouldContain($"'{_name}' does not exist");
            error.Message.ShouldContain($"'{role}' may not create it");
            error.Message.ShouldContain("createdb");
        }
        finally
        {
            await ExecuteAsync($"drop role {role}");
        }
    }

    [Fact]
    public async Task Data_source_of_the_application_cannot_be_used_to_make_it_and_the_error_says_so()
    {
        await using var dataSource = NpgsqlDataSource.Create(ConnectionString());
        await using var storage = new PostgreSqlStorage(new() { DataSource = dataSource }, TestStore.NewContext());

        var error = await Should.ThrowAsync<SchemaException>(async () => await storage.Schema.ApplyAsync(Token));

        error.Message.ShouldContain($"'{_name}' does not exist. Create it");
    }

    private string Quoted => $"\"{_name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private PostgreSqlStorage Open(string? role = null) => new(new() { ConnectionString = ConnectionString(role) }, TestStore.NewContext());

    private string ConnectionString(string? role = null)
    {
        var text = new NpgsqlConnectionStringBuilder(_cluster!.ConnectionString(_name));
        if (role is not null)
            text.Username = role;
        return text.ConnectionString;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_cluster!.ConnectionString());
        await connection.OpenAsync(Token);
        await connection.ExecuteAsync(sql, Token);
    }
}
