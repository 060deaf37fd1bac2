using Npgsql;

namespace Tidemark.Benchmarks.Stores;

/// <summary>The statements that a throw-away server was sent, by its own count; those of the benchmark itself are left out.</summary>
internal sealed class PostgresStatements
{
    /// <summary>Settings that the server has to be started with.</summary>
    public static readonly IReadOnlyDictionary<string, string> ServerSettings = new Dictionary<string, string>
    {
        ["shared_preload_libraries"] = "'pg_stat_statements'",
        ["pg_stat_statements.track_planning"] = "off",
    };

    // The benchmark's own statements carry this mark.
    private const string Mark = "/* bench */";

    private const string Statements = Mark + """
         select s.query, s.calls
        from pg_stat_statements s
        where s.dbid = (select d.oid from pg_database d where d.datname = current_database()) and s.query not like '%/* bench */%'
        order by s.calls desc
        """;

    private readonly PostgresBenchStore _store;

    private PostgresStatements(PostgresBenchStore store) => _store = store;

    /// <summary>Begins to count.</summary>
    public static async Task<PostgresStatements> StartAsync(PostgresBenchStore store)
    {
        await store.ExecuteAsync(Mark + " create extension if not exists pg_stat_statements").ConfigureAwait(false);
        return new PostgresStatements(store);
    }

    /// <summary>Counts from here.</summary>
    public Task ResetAsync() => _store.ExecuteAsync(Mark + " select pg_stat_statements_reset()");

    /// <summary>The statements since, and how often each was sent; the most frequent first.</summary>
    public async Task<IReadOnlyList<(string Query, long Calls)>> ReadAsync()
    {
        var statements = new List<(string Query, long Calls)>();
        var connection = await _store.OpenAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(Statements, connection);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync().ConfigureAwait(false))
                        statements.Add((Flat(reader.GetString(0)), reader.GetInt64(1)));
                }
            }
        }

        return statements;
    }

    private static string Flat(string query) => string.Join(' ', query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
