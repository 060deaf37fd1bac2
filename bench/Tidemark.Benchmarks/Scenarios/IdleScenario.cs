using System.CommandLine;
using System.Text.Json.Nodes;
using Npgsql;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Hosting;
using Tidemark.PostgreSql;
using Tidemark.TestKit.PgBouncer;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>What a node that has nothing to do asks of the server: every statement in the database, by the server's own count.</summary>
internal static class IdleScenario
{
    private const string Name = "idle";
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(12);

    // The scenario's own statements carry this mark.
    private const string Mark = "/* bench */";

    private const string Statements = Mark + """
         select s.query, s.calls
        from pg_stat_statements s
        where s.dbid = (select d.oid from pg_database d where d.datname = current_database()) and s.query not like '%/* bench */%'
        order by s.calls desc
        """;

    private static readonly Dictionary<string, string> ServerSettings = new()
    {
        ["shared_preload_libraries"] = "'pg_stat_statements'",
        ["pg_stat_statements.track_planning"] = "off",
    };

    private sealed record Settings(string? Postgres, int Seconds, int Projections, bool Pooler);

    public static Command MakeCommand()
    {
        var postgres = CommonOptions.Postgres();
        var seconds = CommonOptions.Number("--seconds", 60, "How long.");
        var projections = CommonOptions.Number("--projections", 16, "How many aggregates.");
        var pooler = new Option<bool>("--pooler") { Description = "Behind pgbouncer in transaction mode." };
        var command = new Command(Name, "Statements a minute of a node without work (PostgreSQL).") { postgres, seconds, projections,
            pooler };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(postgres), parsed.GetValue(seconds), parsed.GetValue(projections), parsed.GetValue(pooler))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var store = await PostgresBenchStore.StartAsync(settings.Postgres, ServerSettings).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            if (!settings.Pooler)
            {
                await MeasureAsync(settings, store, builder => store.Use(builder)).ConfigureAwait(false);
                return;
            }

            var cluster = store.Cluster ?? throw new InvalidOperationException("--pooler starts pgbouncer before a server of its own; " +
                "leave --postgres out.");
            var pooler = await PgBouncerProxy.StartAsync(cluster).ConfigureAwait(false);
            await using (pooler.ConfigureAwait(false))
            {
                var through = pooler.Through(store.ConnectionString);
                await MeasureAsync(
                    settings, store, builder => builder.UsePostgreSql(through, options => options.TransactionPooler = true))
                        .ConfigureAwait(false);
            }
        }
    }

    private static async Task MeasureAsync(Settings settings, PostgresBenchStore store, Action<TidemarkBuilder> use)
    {
        await store.ExecuteAsync(Mark + " create extension if not exists pg_stat_statements").ConfigureAwait(false);
        var host = await TidemarkHost.StartAsync(builder =>
        {
            use(builder);
            CatchUp.Register(builder.AddOrders(), ProjectionKind.Aggregate, settings.Projections, Name);
        }).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            await LogLoader.LoadAsync(host, Orders.Streams, EventOrder.Interleaved).ConfigureAwait(false);
            await host.Daemon.WaitForCaughtUpAsync(TimeSpan.FromMinutes(5)).ConfigureAwait(false);
            await Task.Delay(Settle).ConfigureAwait(false);
            await store.ExecuteAsync(Mark + " select pg_stat_statements_reset()").ConfigureAwait(false);
            var meter = UsageMeter.Start(store.CpuSeconds);
            await Task.Delay(TimeSpan.FromSeconds(settings.Seconds)).ConfigureAwait(false);
            var usage = meter.Stop();
            var statements = await ReadAsync(store).ConfigureAwait(false);
            foreach (var (query, calls) in statements)
                Report.Say($"{calls,6}  {string.Join(' ', query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}");
            new Report(Name)
                .Set("store", BenchStores.Postgres).Set("seconds", settings.Seconds).Set("projections", settings.Projections)
                .Set("pooler", JsonValue.Create(settings.Pooler))
                .Set("statements_per_minute", statements.Sum(s => s.Calls) * 60 / usage.Seconds)
                .Set("process_cpu_seconds", usage.ProcessCpuSeconds)
                .Set("database_cpu_seconds", usage.DatabaseCpuSeconds)
                .Set("peak_mb", Math.Round(usage.PeakMegabytes, 1))
                .Print();
        }
    }

    private static async Task<List<(string Query, long Calls)>> ReadAsync(PostgresBenchStore store)
    {
        var statements = new List<(string Query, long Calls)>();
        var connection = await store.OpenAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(Statements, connection);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync().ConfigureAwait(false))
                        statements.Add((reader.GetString(0), reader.GetInt64(1)));
                }
            }
        }

        return statements;
    }
}
