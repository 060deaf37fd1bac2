using System.Data.Common;
using Npgsql;
using Tidemark.Hosting;
using Tidemark.PostgreSql;

namespace Flights.Stores;

/// <summary>A schema of a PostgreSQL database.</summary>
internal sealed class PostgreSqlPlace(string connectionString, string schema = "tidemark_flights") : IFlightsPlace
{
    /// <summary>The schema of runs on several nodes.</summary>
    public const string NodesSchema = "tidemark_flights_nodes";

    public string Description
    {
        get
        {
            var parts = new NpgsqlConnectionStringBuilder(connectionString);
            return $"PostgreSQL, schema {schema} of database {parts.Database ?? parts.Username} on {parts.Host}:{parts.Port}";
        }
    }

    public string Arguments => " --postgres \"<connection string>\"";

    public IReadOnlyList<string> WorkerArguments => ["--postgres", connectionString];

    public void Use(TidemarkBuilder tide) => tide.UsePostgreSql(connectionString, options => options.Schema = schema);

    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        await using var connection = Connection();
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"drop schema if exists {schema} cascade";
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public DbConnection Connection() => new NpgsqlConnection(connectionString);

    public string Advice =>
        "Is the server running, and are host, port, user, password and database right?\n" +
        "A connection string looks like \"Host=localhost;Username=postgres;Password=secret;Database=postgres\".\n" +
        "Without --postgres the sample uses SQLite and needs no server.";
}
