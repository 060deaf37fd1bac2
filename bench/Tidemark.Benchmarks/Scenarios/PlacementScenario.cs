using System.CommandLine;
using System.Diagnostics;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Placement;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// Nodes start on one store, share many shards, take in one more node, and are replaced one by one. Every node is a whole daemon with real
/// shards (aggregates split into partitions), all in this process: they share its cores with each other and with the server.
/// </summary>
internal static class PlacementScenario
{
    private const string Name = "placement";
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(15);

    private sealed record Settings(string Store, string? Postgres, int Shards, int Nodes, int Events);

    /// <summary>Ownership statements in a stretch, by the server's count; null where nobody counts.</summary>
    private sealed record Ownership(double? PerTick, double? PerNodeAndPeriod);

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var shards = CommonOptions.Number("--shards", 10_000, "How many shards.");
        var nodes = CommonOptions.Number("--nodes", 4, "How many nodes share them.");
        var events = CommonOptions.Number("--events", 0, "How many events the log holds, which every projection has to fold first.");
        var command = new Command(Name, "Many shards on several nodes: until all run, a node joins, all nodes are replaced.") { store,
            postgres, shards, nodes, events };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(shards), parsed.GetValue(nodes), parsed.GetValue(events))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var server = settings.Postgres is null ? PostgresStatements.ServerSettings : null;
        var store = await BenchStores.OpenAsync(settings.Store, settings.Postgres, server).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var counted = store is PostgresBenchStore { Cluster: not null } own
                ? await PostgresStatements.StartAsync(own).ConfigureAwait(false) : null;
            if (settings.Events > 0)
                await FullLog.LoadAsync(store, settings.Events, EventOrder.Interleaved).ConfigureAwait(false);
            var nodes = new PlacementNodes(store, settings.Shards);
            await using (nodes.ConfigureAwait(false))
                await MeasureAsync(settings, store, nodes, counted).ConfigureAwait(false);
        }
    }

    private static async Task MeasureAsync(Settings settings, IBenchStore store, PlacementNodes nodes, PostgresStatements? counted)
    {
        var report = new Report(Name).Set("store", settings.Store).Set("shards", settings.Shards).Set("nodes", settings.Nodes)
            .Set("events", settings.Events).Set("nodes_are", "daemons in one process").Set("shards_are", "aggregates");
        var meter = UsageMeter.Start(store.CpuSeconds);
        var (seconds, placing) = await CountAsync(counted, settings.Nodes, async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, settings.Nodes).Select(_ => nodes.AddAsync())).ConfigureAwait(false);
            await nodes.SettleAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
        var usage = meter.Stop();
        Report.Say($"{settings.Shards:N0} shards run on {settings.Nodes} nodes after {seconds:F1} s");
        var (_, calm) = await CountAsync(counted, settings.Nodes, () => Task.Delay(Calm)).ConfigureAwait(false);
        report.Set("seconds", seconds).Set("statements_per_tick", calm.PerTick)
            .Set("statements_per_node_and_period", calm.PerNodeAndPeriod).Set("placing_statements_per_tick", placing.PerTick)
            .Set("process_cpu_seconds", usage.ProcessCpuSeconds).Set("database_cpu_seconds", usage.DatabaseCpuSeconds)
            .Set("peak_mb", Math.Round(usage.PeakMegabytes, 1));

        await JoinAsync(settings, nodes, counted, report).ConfigureAwait(false);
        await nodes.RemoveOldestAsync().ConfigureAwait(false);
        await nodes.SettleAsync().ConfigureAwait(false);
        await ReplaceAsync(settings, nodes, counted, report).ConfigureAwait(false);
        report.Print();
    }

    private static async Task JoinAsync(Settings settings, PlacementNodes nodes, PostgresStatements? counted, Report report)
    {
        var before = await nodes.ClaimsAsync().ConfigureAwait(false);
        var (seconds, moving) = await CountAsync(counted, settings.Nodes + 1, async () =>
        {
            await nodes.AddAsync().ConfigureAwait(false);
            await nodes.SettleAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
        var moves = await nodes.ClaimsAsync().ConfigureAwait(false) - before;
        Report.Say($"a node more: {moves:N0} moves in {seconds:F1} s");

        // The least: what the newcomer gets when all are at most one apart.
        report.Set("moves_per_join", moves).Set("moves_per_join_min", settings.Shards / (settings.Nodes + 1)).Set("join_seconds", seconds)
            .Set("join_statements_per_tick", moving.PerTick).Set("join_statements_per_node_and_period", moving.PerNodeAndPeriod);
    }

    // Each of the nodes is replaced: its successor joins, then it drains and leaves. At least its own shards have to move.
    private static async Task ReplaceAsync(Settings settings, PlacementNodes nodes, PostgresStatements? counted, Report report)
    {
        var before = await nodes.ClaimsAsync().ConfigureAwait(false);
        var (seconds, moving) = await CountAsync(counted, settings.Nodes, async () =>
        {
            for (var i = 0; i < settings.Nodes; i++)
            {
                await nodes.AddAsync().ConfigureAwait(false);
                await nodes.SettleAsync().ConfigureAwait(false);
                await nodes.RemoveOldestAsync().ConfigureAwait(false);
                await nodes.SettleAsync().ConfigureAwait(false);
                Report.Say($"node {i + 1} is replaced");
            }
        }).ConfigureAwait(false);
        var moves = await nodes.ClaimsAsync().ConfigureAwait(false) - before;
        report.Set("moves_replacing_all", moves).Set("moves_replacing_all_min", settings.Shards).Set("replacing_seconds", seconds)
            .Set("replacing_statements_per_tick", moving.PerTick);
    }

    private static async Task<(double Seconds, Ownership Ownership)> CountAsync(PostgresStatements? counted, int nodes, Func<Task> work)
    {
        if (counted is not null)
            await counted.ResetAsync().ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        await work().ConfigureAwait(false);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (counted is null)
            return (seconds, new Ownership(null, null));

        var statements = await counted.ReadAsync().ConfigureAwait(false);
        long ticks = statements.Where(s => IsTick(s.Query)).Sum(s => s.Calls);
        long ownership = statements.Where(s => IsOwnership(s.Query)).Sum(s => s.Calls);
        foreach (var (query, calls) in statements.Take(6))
            Report.Say($"{calls,8}  {query}");
        var periods = Math.Max(1, seconds / new NodeOptions().Tick.TotalSeconds);
        return (seconds, new Ownership(ticks == 0 ? null : (double)ownership / ticks, ownership / periods / nodes));
    }

    private static bool IsTick(string query) => IsOwnership(query) && query.Contains("tick_leases", StringComparison.Ordinal);

    // Heartbeats with all they carry, and hints. Not the shards' own checkpoints, the mark, and the list of generations.
    private static bool IsOwnership(string query) =>
        query.StartsWith("select", StringComparison.Ordinal)
        && (query.Contains("_leases", StringComparison.Ordinal) || query.Contains("pg_notify", StringComparison.Ordinal)
            || query.Contains("commands", StringComparison.Ordinal));
}
