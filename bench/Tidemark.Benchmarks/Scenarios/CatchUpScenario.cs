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
        string Store, string? Postgres, ProjectionKind Kind, int Projections, int Events, EventOrder Order, int Rounds, int Partitions,
        bool Ownership);

    private sealed record Round(
        double Limit, double LimitCpu, Usage Usage, double RowsReadPerEvent, string Digest, OnePartition? One, Heartbeats? Heartbeats);

    // Measured too when there are several. Scaling: what all cores compute to one alone.
    private sealed record OnePartition(Usage Usage, double Scaling);

    // What the same catch-up cost with the fewest heartbeats, and with the most.
    private sealed record Heartbeats(Usage Fewest, Usage Most);

    private static readonly TimeSpan TickMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TickMax = TimeSpan.FromMinutes(5);

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var kind = new Option<ProjectionKind?>("--kind")
        {
            Description = "noop, the default: handlers that do nothing. aggregate: a document per stream. statements: a row per stream, "
                + "written with a statement of its own for each event. computing, the default with --partitions: as aggregate, with 50 "
                + "SHA-256 for each line.",
        };
        var projections = CommonOptions.Number("--projections", 1, "How many projections.");
        var events = CommonOptions.Number("--events", 500_000, "How many events the log holds.");
        var order = CommonOptions.Choice("--order", EventOrder.Interleaved, "How the events of the streams lie in the log.");
        var rounds = CommonOptions.Number("--rounds", 2, "How many rounds; the best of each side counts.");
        var partitions = CommonOptions.Number("--partitions", 1, "Into how many shards each is split; from 2 on, every round " +
            "measures one partition too, and the read models have to be the same, byte for byte.");
        var ownership = new Option<bool>("--ownership")
        {
            Description = "Every round measures with a heartbeat each 5 min and each 100 ms, too: what ownership and status cost.",
        };
        var command = new Command("catch-up", "The daemon catches up with a full log.") { store, postgres, kind, projections, events,
            order, rounds, partitions, ownership };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(kind) ?? KindFor(parsed.GetValue(partitions)),
            parsed.GetValue(projections), parsed.GetValue(events), parsed.GetValue(order), parsed.GetValue(rounds),
            parsed.GetValue(partitions), parsed.GetValue(ownership))));
        return command;
    }

    // Partitions are for handlers that one thread is not enough for.
    private static ProjectionKind KindFor(int partitions) => partitions > 1 ? ProjectionKind.Computing : ProjectionKind.Noop;

    private static async Task RunAsync(Settings settings)
    {
        if (settings is { Partitions: > 1, Kind: ProjectionKind.Noop })
            throw new InvalidOperationException("--partitions needs another --kind: noop leaves nothing to compare.");
        var store = await BenchStores.OpenAsync(settings.Store, settings.Postgres).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await FullLog.LoadAsync(store, settings.Events, settings.Order).ConfigureAwait(false);
            var rounds = new List<Round>();
            for (var i = 1; i <= settings.Rounds; i++)
            {
                rounds.Add(await RoundAsync(store, settings, i).ConfigureAwait(false));
                var (limit, usage) = (rounds[^1].Limit, rounds[^1].Usage);
                var reached = settings.Events / usage.Seconds;
                Report.Say(
                    $"round {i}: limit {limit:N0}/s ({rounds[^1].LimitCpu * 1e6:F1} us CPU an event), Tidemark {reached:N0}/s "
                    + $"({usage.CpuSecondsPer(settings.Events) * 1e6:F1} us), ratio {reached / limit:F3}, rows read per event "
                    + $"{rounds[^1].RowsReadPerEvent:F3}{BesideOne(rounds[^1])}");
            }

            Tell(settings, rounds);
        }
    }

    private static string BesideOne(Round round) =>
        round.One is { } one
            ? $", {one.Usage.Seconds / round.Usage.Seconds:F2} x one partition (cores beside each other {one.Scaling:F2} x one)" : "";

    private static async Task<Round> RoundAsync(IBenchStore store, Settings settings, int number)
    {
        var meter = UsageMeter.Start(store.CpuSeconds);
        var limit = await store.MeasureReadLimitAsync().ConfigureAwait(false);
        var limitCpu = meter.Stop().CpuSecondsPer(settings.Events);
        OnePartition? one = null;
        string? expected = null;
        if (settings.Partitions > 1)
        {
            var scaling = CoreScaling.Measure();
            (var alone, _, expected) = await CatchUpAsync(store, settings, $"s{number}", 1).ConfigureAwait(false);
            one = new(alone, scaling);
        }

        var (usage, rows, digest) = await CatchUpAsync(store, settings, $"r{number}", settings.Partitions).ConfigureAwait(false);
        if (expected is not null && expected != digest)
        {
            throw new InvalidOperationException(
                $"{settings.Partitions} partitions built another read model ({digest}) than one ({expected}).");
        }

        return new Round(limit, limitCpu, usage, rows, digest, one, await HeartbeatsAsync(store, settings, number).ConfigureAwait(false));
    }

    private static async Task<Heartbeats?> HeartbeatsAsync(IBenchStore store, Settings settings, int number)
    {
        if (!settings.Ownership)
            return null;
        var (fewest, _, _) = await CatchUpAsync(store, settings, $"f{number}", settings.Partitions, TickMax).ConfigureAwait(false);
        var (most, _, _) = await CatchUpAsync(store, settings, $"m{number}", settings.Partitions, TickMin).ConfigureAwait(false);
        var (fewestCpu, mostCpu) = (fewest.CpuSecondsPer(settings.Events), most.CpuSecondsPer(settings.Events));
        Report.Say(
            $"round {number}: a heartbeat each 5 min {settings.Events / fewest.Seconds:N0}/s ({fewestCpu * 1e6:F2} us), "
            + $"each 100 ms {settings.Events / most.Seconds:N0}/s ({mostCpu * 1e6:F2} us)");
        return new Heartbeats(fewest, most);
    }

    private static Task<(Usage Usage, double RowsReadPerEvent, string Digest)> CatchUpAsync(
        IBenchStore store, Settings settings, string round, int partitions, TimeSpan? tick = null) =>
        CatchUp.MeasureAsync(store, settings.Kind, settings.Projections, settings.Events, round, partitions, tick);

    private static void Tell(Settings settings, List<Round> rounds)
    {
        var best = rounds.MinBy(r => r.Usage.Seconds)!;
        var ratios = new JsonArray([.. rounds.Select(r => JsonValue.Create(Math.Round(settings.Events / r.Usage.Seconds / r.Limit, 3)))]);
        var report = new Report("catch-up")
            .Set("store", settings.Store).Set("kind", settings.Kind.ToString().ToLowerInvariant()).Set("projections", settings.Projections)
            .Set("events", settings.Events).Set("order", settings.Order.ToString().ToLowerInvariant()).Set("rounds", settings.Rounds)
            .Rates(settings.Events / best.Usage.Seconds, rounds.Max(r => r.Limit))
            .Set("round_ratios", ratios)
            .Cost(best.Usage, settings.Events, rounds.Max(r => r.Usage.PeakMegabytes), rounds.Min(r => r.LimitCpu))
            .Set("measured_seconds", best.Usage.Seconds)
            .Set("rows_read_per_event", best.RowsReadPerEvent);
        if (rounds.Exists(r => r.One is not null))
        {
            // The best round of each side counts.
            var one = rounds.MinBy(r => r.One!.Usage.Seconds)!.One!.Usage;
            report.Set("partitions", settings.Partitions).Set("digest", best.Digest)
                .Set("one_partition_per_second", Math.Round(settings.Events / one.Seconds))
                .Set("ratio_to_one_partition", one.Seconds / best.Usage.Seconds)
                .Set("one_partition_cpu_us_per_event", one.CpuSecondsPer(settings.Events) * 1e6)
                .Set("core_scaling", rounds.Max(r => r.One!.Scaling));
        }

        if (rounds.Exists(r => r.Heartbeats is not null))
        {
            var (fewest, most) = (Best(rounds, h => h.Fewest), Best(rounds, h => h.Most));
            report.Set("fewest_heartbeats_per_second", Math.Round(settings.Events / fewest.Seconds))
                .Set("fewest_heartbeats_cpu_us_per_event", fewest.CpuSecondsPer(settings.Events) * 1e6)
                .Set("most_heartbeats_per_second", Math.Round(settings.Events / most.Seconds))
                .Set("most_heartbeats_cpu_us_per_event", most.CpuSecondsPer(settings.Events) * 1e6);
        }

        report.Print();
    }

    private static Usage Best(List<Round> rounds, Func<Heartbeats, Usage> side) =>
        rounds.Select(r => side(r.Heartbeats!)).MinBy(u => u.Seconds)!;
}
