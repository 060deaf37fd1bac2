using System.CommandLine;
using System.Text.Json.Nodes;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>Callers append to streams of their own, each waiting for its answer; against raw inserts in rounds between.</summary>
internal static class AppendScenario
{
    /// <summary>From so many callers on, the limit is a multi-row insert: no application would open a connection per caller.</summary>
    private const int ManyCallers = 128;
    private const int ManyRows = 1000;
    private const int SqliteRows = 100;

    private sealed record Settings(string Store, string? Postgres, int Callers, int Batch, int Seconds, int Rounds, int LimitConnections);

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var callers = CommonOptions.Number("--callers", 64, "How many callers append at once.");
        var batch = CommonOptions.Number("--batch", 1, "How many events an append holds.");
        var seconds = CommonOptions.Number("--seconds", 5, "How long each round of the limit and of Tidemark takes.");
        var rounds = CommonOptions.Number("--rounds", 3, "How many rounds; the best of each side counts.");
        var connections = CommonOptions.Number("--limit-connections", 0, "Connections of the limit; 0: as many as callers, one for " +
            "the multi-row insert.");
        var command = new Command("append", "Concurrent appends against raw inserts.") { store, postgres, callers, batch, seconds,
            rounds, connections };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(callers), parsed.GetValue(batch), parsed.GetValue(seconds),
            parsed.GetValue(rounds), parsed.GetValue(connections))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var store = await BenchStores.OpenAsync(settings.Store, settings.Postgres).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var host = await store.StartHostAsync(daemon: false, builder => builder.AddOrders()).ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                Report.Say($"{Orders.MeanBytes():F0} bytes an event; making {Orders.Streams:N0} streams with one event each");
                await LogLoader.LoadAsync(host, Orders.Streams, EventOrder.Interleaved).ConfigureAwait(false);
                await store.SettleAsync().ConfigureAwait(false);
                var limit = LimitOf(settings);
                var callers = new AppendCallers(host.Store, settings.Callers, settings.Batch);
                var rounds = new List<AppendRound>();
                for (var i = 0; i < settings.Rounds; i++)
                {
                    rounds.Add(await RoundAsync(store, callers, limit, TimeSpan.FromSeconds(settings.Seconds)).ConfigureAwait(false));
                    Say(i + 1, rounds[i]);
                }

                Tell(settings, limit, rounds);
            }
        }
    }

    private sealed record AppendRound(double Limit, double LimitCpu, double Reached, long Events, Usage Usage, Histogram Latency);

    private static AppendLimit LimitOf(Settings settings)
    {
        if (settings.Store == BenchStores.Sqlite)
            return new AppendLimit(1, SqliteRows);
        var many = settings.Callers >= ManyCallers;
        var connections = settings.LimitConnections > 0 ? settings.LimitConnections : many ? 1 : settings.Callers;
        return new AppendLimit(connections, many ? ManyRows : settings.Batch);
    }

    private static async Task<AppendRound> RoundAsync(IBenchStore store, AppendCallers callers, AppendLimit limit, TimeSpan duration)
    {
        var meter = UsageMeter.Start(store.CpuSeconds);
        var raw = await store.MeasureAppendLimitAsync(limit, duration).ConfigureAwait(false);
        var limitCpu = meter.Stop().CpuSecondsPer((long)(raw * duration.TotalSeconds));
        meter = UsageMeter.Start(store.CpuSeconds);
        var (events, latency) = await callers.RunAsync(duration).ConfigureAwait(false);
        var usage = meter.Stop();
        return new AppendRound(raw, limitCpu, events / usage.Seconds, events, usage, latency);
    }

    private static void Say(int number, AppendRound round)
    {
        var cpu = round.Usage.CpuSecondsPer(round.Events);
        Report.Say(
            $"round {number}: limit {round.Limit:N0}/s ({round.LimitCpu * 1e6:F0} us CPU an event), Tidemark {round.Reached:N0}/s " +
            $"({cpu * 1e6:F0} us), "
            + $"ratio {round.Reached / round.Limit:F2}");
    }

    private static void Tell(Settings settings, AppendLimit limit, List<AppendRound> rounds)
    {
        var best = rounds.MaxBy(r => r.Reached)!;
        var ratios = new JsonArray([.. rounds.Select(r => JsonValue.Create(Math.Round(r.Reached / r.Limit, 3)))]);
        new Report("append")
            .Set("store", settings.Store).Set("callers", settings.Callers).Set("batch", settings.Batch)
            .Set("seconds", settings.Seconds).Set("rounds", settings.Rounds).Set("limit", limit.ToString())
            .Rates(best.Reached, rounds.Max(r => r.Limit))
            .Set("round_ratios", ratios)
            .Cost(best.Usage, best.Events, rounds.Max(r => r.Usage.PeakMegabytes), rounds.Min(r => r.LimitCpu))
            .Set("measured_seconds", best.Usage.Seconds)
            .Set("rows_read_per_event", 0.0)
            .Percentiles(best.Latency)
            .Print();
    }
}
