using System.CommandLine;
using System.Globalization;
using Npgsql;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// Tenants in databases of their own on one server: a node starts with projections that have seen nothing and catches up with all of
/// them; against a raw ordered read of the same logs, one after the other.
/// </summary>
internal static class TenantsScenario
{
    private const int StreamsAnAppend = 250;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    private sealed record Settings(string? Postgres, int Databases, int Projections, int Events, int Rounds)
    {
        public int EventsEach => Events / Databases;

        /// <summary>As many streams as the other scenarios have for as many events.</summary>
        public int StreamsEach => Math.Max(1, Orders.Streams / Databases);

        public IEnumerable<TenantId> Tenants =>
            Enumerable.Range(0, Databases).Select(n => new TenantId(string.Create(CultureInfo.InvariantCulture, $"t{n:D3}")));
    }

    public static Command MakeCommand()
    {
        var postgres = CommonOptions.Postgres();
        var databases = CommonOptions.Number("--databases", 20, "How many tenants, each with a database of its own.");
        var projections = CommonOptions.Number("--projections", 4, "How many aggregate projections run on each.");
        var events = CommonOptions.Number("--events", 500_000, "How many events all logs hold together.");
        var rounds = CommonOptions.Number("--rounds", 2, "How many rounds; the best of each side counts.");
        var command = new Command("tenants", "The daemon catches up with the databases of many tenants.")
        {
            postgres, databases, projections, events, rounds,
        };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(postgres), parsed.GetValue(databases), parsed.GetValue(projections), parsed.GetValue(events),
            parsed.GetValue(rounds))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var store = await PostgresBenchStore.StartAsync(settings.Postgres, null).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await LoadAsync(store, settings).ConfigureAwait(false);
            var logs = settings.Tenants.Select(t => DatabaseOf(store, t)).ToArray();
            var (best, limit, connections) = (default(Usage), 0.0, default(ConnectionCount));
            for (var round = 1; round <= settings.Rounds; round++)
            {
                var raw = await PostgresReadLimit.MeasureAsync(logs).ConfigureAwait(false);
                var (usage, seen) = await MeasureAsync(store, settings, $"r{round}").ConfigureAwait(false);
                var reached = settings.Events / usage.Seconds;
                Report.Say(
                    $"round {round}: limit {raw:N0}/s, Tidemark {reached:N0}/s, ratio {reached / raw:F3}; at most {seen.OneDatabase} " +
                    $"connections to one database, {seen.All} in all");
                limit = Math.Max(limit, raw);
                connections = connections.Or(seen);
                best = best is null || usage.Seconds < best.Seconds ? usage : best;
            }

            new Report("tenants")
                .Set("databases", settings.Databases).Set("projections", settings.Projections).Set("events", settings.Events)
                .Rates(settings.Events / best!.Seconds, limit)
                .Cost(best, settings.Events, best.PeakMegabytes, 0)
                .Set("connections_per_database", connections.OneDatabase).Set("connections", connections.All)
                .Print();
        }
    }

    private static string DatabaseOf(PostgresBenchStore store, TenantId tenant)
    {
        var text = new NpgsqlConnectionStringBuilder(store.ConnectionString);
        text.Database = $"{text.Database}_{tenant}";
        return text.ConnectionString;
    }

    private static async Task LoadAsync(PostgresBenchStore store, Settings settings)
    {
        var host = await StartAsync(store, _ => { }).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            foreach (var tenant in settings.Tenants)
                await host.Tenants!.AddAsync(tenant).ConfigureAwait(false);
            await Parallel.ForEachAsync(
                settings.Tenants, new ParallelOptions { MaxDegreeOfParallelism = 4 },
                async (tenant, _) => await LoadAsync(host.Store.ForTenant(tenant), settings).ConfigureAwait(false)).ConfigureAwait(false);
        }

        await store.SettleAsync().ConfigureAwait(false);
        Report.Say($"{settings.Events:N0} events loaded into {settings.Databases} databases");
    }

    // Streams in random order, each with the same number of events.
    private static async Task LoadAsync(EventStore store, Settings settings)
    {
        var sequence = Enumerable.Range(0, settings.EventsEach).Select(i => i % settings.StreamsEach).ToArray();
        new Random(20260101).Shuffle(sequence);
        var versions = new long[settings.StreamsEach];
        foreach (var window in sequence.Chunk(StreamsAnAppend))
        {
            var appends = window.CountBy(number => number).Select(stream => new StreamEvents(
                Orders.Stream(stream.Key), ExpectedVersion.Any,
                [.. Enumerable.Range(0, stream.Value).Select(_ => Orders.Event(++versions[stream.Key], stream.Key))]));
            await store.AppendAsync([.. appends]).ConfigureAwait(false);
        }
    }

    private static async Task<(Usage Usage, ConnectionCount Connections)> MeasureAsync(
        PostgresBenchStore store, Settings settings, string round)
    {
        var host = await StartAsync(store, b => CatchUp.Register(b, ProjectionKind.Aggregate, settings.Projections, round))
            .ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            using var end = new CancellationTokenSource();
            var counting = CountConnectionsAsync(store, end.Token);
            var meter = UsageMeter.Start(store.CpuSeconds);
            await host.Daemon.StartAsync().ConfigureAwait(false);
            await host.Daemon.WaitForCaughtUpAsync(Timeout).ConfigureAwait(false);
            var usage = meter.Stop();
            await end.CancelAsync().ConfigureAwait(false);
            var last = CatchUp.Name(round, settings.Projections - 1);
            foreach (var tenant in settings.Tenants)
                await CheckAsync(host.Store.ForTenant(tenant), last, settings).ConfigureAwait(false);
            return (usage, await counting.ConfigureAwait(false));
        }
    }

    private static Task<TidemarkHost> StartAsync(PostgresBenchStore store, Action<TidemarkBuilder> build) =>
        store.StartHostAsync(daemon: false, builder => build(builder.AddOrders().UseTenantDatabases()));

    // A fast wrong answer is worth nothing: every event has to be in the read model once.
    private static async Task CheckAsync(EventStore store, string projection, Settings settings)
    {
        long lines = 0;
        await foreach (var (_, order) in store.Documents<OrderState>(projection).AllAsync().ConfigureAwait(false))
            lines += order.Lines;
        var expected = Enumerable.Range(0, settings.EventsEach).CountBy(i => i % settings.StreamsEach).Sum(s => s.Value - (s.Value / 5));
        if (lines != expected)
            throw new InvalidOperationException($"{projection} of tenant {store.Tenant} holds {lines} lines, not {expected}.");
    }

    private static async Task<ConnectionCount> CountConnectionsAsync(PostgresBenchStore store, CancellationToken cancellationToken)
    {
        const string count = """
            select coalesce(max(n), 0), coalesce(sum(n), 0)::bigint
            from (select count(*) as n from pg_stat_activity
                  where datname like current_database() || '\_%' and backend_type = 'client backend' group by datname) counted
            """;
        var most = default(ConnectionCount);
        var connection = await store.OpenAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var command = new NpgsqlCommand(count, connection);
                await using (command.ConfigureAwait(false))
                {
                    var reader = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                        most = most.Or(new ConnectionCount(reader.GetInt64(0), reader.GetInt64(1)));
                    }
                }

                await Task.Delay(100, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return most;
    }

    /// <summary>The most connections that were seen at once.</summary>
    private readonly record struct ConnectionCount(long OneDatabase, long All)
    {
        public ConnectionCount Or(ConnectionCount other) => new(Math.Max(OneDatabase, other.OneDatabase), Math.Max(All, other.All));
    }
}
