using System.CommandLine;
using System.Text.Json.Nodes;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// The daemon starts with projections that have seen nothing and catches up with a full log; against a raw ordered read of the log.
/// </summary>
internal static class CatchUpScenario
{
    private sealed record Settings(
        string Store, string? Postgres, ProjectionKind Kind, int Projections, int Events, EventOrder Order, int Rounds);

    private sealed record Round(double Limit, double LimitCpu, Usage Usage, double RowsReadPerEvent);

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var kind = CommonOptions.Choice("--kind", ProjectionKind.Noop, "noop: handlers that do nothing. aggregate: a document per stream.");
        var projections = CommonOptions.Number("--projections", 1, "How many projections.");
        var events = CommonOptions.Number("--events", 500_000, "How many events the log holds.");
        var order = CommonOptions.Choice("--order", EventOrder.Interleaved, "How the events of the streams lie in the log.");
        var rounds = CommonOptions.Number("--rounds", 2, "How many rounds; the best of each side counts.");
        var command = new Command("catch-up", "The daemon catches up with a full log.") { store, postgres, kind, projections, events,
            order, rounds };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(kind), parsed.GetValue(projections),
                parsed.GetValue(events),
            parsed.GetValue(order), parsed.GetValue(rounds))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var store = await BenchStores.OpenAsync(settings.Store, settings.Postgres).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await FullLog.LoadAsync(store, settings.Events, settings.Order).ConfigureAwait(false);
            var rounds = new List<Round>();
            for (var i = 1; i <= settings.Rounds; i++)
            {
                var meter = UsageMeter.Start(store.CpuSeconds);
                var limit = await store.MeasureReadLimitAsync().ConfigureAwait(false);
                var limitCpu = meter.Stop().CpuSecondsPer(settings.Events);
                var (usage, rows) = await CatchUp.MeasureAsync(
                    store, settings.Kind, settings.Projections, settings.Events, $"r{i}").ConfigureAwait(false);
                rounds.Add(new Round(limit, limitCpu, usage, rows));
                var reached = settings.Events / usage.Seconds;
                Report.Say(
                    $"round {i}: limit {limit:N0}/s ({limitCpu * 1e6:F1} us CPU an event), Tidemark {reached:N0}/s "
                    + $"({usage.CpuSecondsPer(settings.Events) * 1e6:F1} us), ratio {reached / limit:F3}, rows read per event {rows:F3}");
            }

            Tell(settings, rounds);
        }
    }

    private static void Tell(Settings settings, List<Round> rounds)
    {
        var best = rounds.MinBy(r => r.Usage.Seconds)!;
        var ratios = new JsonArray([.. rounds.Select(r => JsonValue.Create(Math.Round(settings.Events / r.Usage.Seconds / r.Limit, 3)))]);
        new Report("catch-up")
            .Set("store", settings.Store).Set("kind", settings.Kind.ToString().ToLowerInvariant()).Set("projections", settings.Projections)
            .Set("events", settings.Events).Set("order", settings.Order.ToString().ToLowerInvariant()).Set("rounds", settings.Rounds)
            .Rates(settings.Events / best.Usage.Seconds, rounds.Max(r => r.Limit))
            .Set("round_ratios", ratios)
            .Cost(best.Usage, settings.Events, rounds.Max(r => r.Usage.PeakMegabytes), rounds.Min(r => r.LimitCpu))
            .Set("measured_seconds", best.Usage.Seconds)
            .Set("rows_read_per_event", best.RowsReadPerEvent)
            .Print();
    }
}
