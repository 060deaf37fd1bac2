using System.CommandLine;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Hosting;
using Tidemark.Shards;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>One aggregate is built anew beside the live one and swapped; against its first catch-up in the same run.</summary>
internal static class RebuildScenario
{
    private sealed record Settings(
        string Store, string? Postgres, int Events, EventOrder Order, int Rounds, bool BesideLive, double ShareMin);

    private sealed record Round(double Limit, Usage CatchUp, Usage Rebuild, long RowsRead);

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var events = CommonOptions.Number("--events", 500_000, "How many events the log holds.");
        var order = CommonOptions.Choice("--order", EventOrder.Interleaved, "How the events of the streams lie in the log.");
        var rounds = CommonOptions.Number("--rounds", 2, "How many rounds; the best of each counts.");
        var besideLive = new Option<bool>("--beside-live")
        {
            Description = "Another aggregate is live, with an append each 20 ms: its latency alone and beside the rebuild.",
        };
        var shareMin = new Option<double>("--share-min")
        {
            Description = "Shards:RebuildShareMin; 1 does not hold the rebuild back.",
            DefaultValueFactory = _ => new ShardOptions().RebuildShareMin,
        };
        var command = new Command("rebuild", "A read model is built anew; compared with its first catch-up.") { store, postgres, events,
            order, rounds, besideLive, shareMin };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(events), parsed.GetValue(order), parsed.GetValue(rounds),
            parsed.GetValue(besideLive), parsed.GetValue(shareMin))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var store = await BenchStores.OpenAsync(settings.Store, settings.Postgres).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await FullLog.LoadAsync(store, settings.Events, settings.Order).ConfigureAwait(false);
            if (settings.BesideLive)
            {
                await RebuildBesideLive.RunAsync(store, settings.Events, settings.ShareMin).ConfigureAwait(false);
                return;
            }

            var rounds = new List<Round>();
            for (var i = 1; i <= settings.Rounds; i++)
            {
                rounds.Add(await RoundAsync(store, settings.Events, $"r{i}").ConfigureAwait(false));
                var (catchUp, rebuild) = (settings.Events / rounds[^1].CatchUp.Seconds, settings.Events / rounds[^1].Rebuild.Seconds);
                Report.Say($"round {i}: limit {rounds[^1].Limit:N0}/s, catch-up {catchUp:N0}/s, rebuild {rebuild:N0}/s");
            }

            Tell(settings, rounds);
        }
    }

    private static async Task<Round> RoundAsync(IBenchStore store, int events, string name)
    {
        var limit = await store.MeasureReadLimitAsync().ConfigureAwait(false);
        var host = await StartAsync(store, name).ConfigureAwait(false);
        Usage catchUp;
        await using (host.ConfigureAwait(false))
        {
            var meter = UsageMeter.Start(store.CpuSeconds);
            await host.Daemon.StartAsync().ConfigureAwait(false);
            await host.Daemon.WaitForCaughtUpAsync(TimeSpan.FromMinutes(30)).ConfigureAwait(false);
            catchUp = meter.Stop();
        }

        // A process of its own, as it were: nothing of the catch-up is in a cache.
        host = await StartAsync(store, name).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            await host.Daemon.StartAsync().ConfigureAwait(false);
            await host.Daemon.WaitForCaughtUpAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(false);
            var read = host.Database.EventsRead;
            var meter = UsageMeter.Start(store.CpuSeconds);
            await host.Daemon.RebuildAsync(CatchUp.Name(name, 0)).ConfigureAwait(false);
            var rebuild = meter.Stop();
            read = host.Database.EventsRead - read;
            await BuiltReadModel.CheckDocumentsAsync(host, CatchUp.Name(name, 0), events).ConfigureAwait(false);
            return new Round(limit, catchUp, rebuild, read);
        }
    }

    private static Task<TidemarkHost> StartAsync(IBenchStore store, string name) =>
        store.StartHostAsync(daemon: false, builder => CatchUp.Register(builder.AddOrders(), ProjectionKind.Aggregate, 1, name));

    private static void Tell(Settings settings, List<Round> rounds)
    {
        var best = rounds.MinBy(r => r.Rebuild.Seconds)!;
        var rate = settings.Events / best.Rebuild.Seconds;
        var catchUp = settings.Events / rounds.Min(r => r.CatchUp.Seconds);
        new Report("rebuild")
            .Set("store", settings.Store).Set("events", settings.Events).Set("order", settings.Order.ToString().ToLowerInvariant())
            .Set("rounds", settings.Rounds)
            .Rates(rate, rounds.Max(r => r.Limit))
            .Set("catch_up_per_second", Math.Round(catchUp))
            .Set("ratio_to_catch_up", rate / catchUp)
            .Cost(best.Rebuild, settings.Events, rounds.Max(r => Math.Max(r.Rebuild.PeakMegabytes, r.CatchUp.PeakMegabytes)))
            .Set("measured_seconds", best.Rebuild.Seconds)
            .Set("rows_read_per_event", (double)best.RowsRead / settings.Events)
            .Print();
    }
}
