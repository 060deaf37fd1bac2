using System.CommandLine;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>How soon an event is in the read model, with default settings and an append each 20 ms.</summary>
internal static class LatencyScenario
{
    private const string Name = "latency";

    public static Command MakeCommand()
    {
        var store = CommonOptions.Store();
        var postgres = CommonOptions.Postgres();
        var seconds = CommonOptions.Number("--seconds", 30, "How long.");
        var projections = CommonOptions.Number("--projections", 1, "How many aggregates; the last one registered is waited for.");
        var command = new Command(Name, "From an append to its effect in the read model.") { store, postgres, seconds, projections };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(store)!, parsed.GetValue(postgres), parsed.GetValue(seconds), parsed.GetValue(projections)));
        return command;
    }

    private static async Task RunAsync(string kind, string? postgres, int seconds, int projections)
    {
        var store = await BenchStores.OpenAsync(kind, postgres).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var host = await store.StartHostAsync(
                daemon: true, builder => CatchUp.Register(builder.AddOrders(), ProjectionKind.Aggregate, projections, Name))
                    .ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                var latency = await AppliedLatency.WarmAsync(host, CatchUp.Name(Name, projections - 1), AppliedLatency.WarmUp)
                    .ConfigureAwait(false);
                var read = host.Database.EventsRead;
                var meter = UsageMeter.Start(store.CpuSeconds);
                await latency.RunAsync(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
                var usage = meter.Stop();
                read = host.Database.EventsRead - read;
                new Report(Name)
                    .Set("store", kind).Set("seconds", seconds).Set("projections", projections)
                    .Set("events_per_second", latency.Appends / usage.Seconds)
                    .Percentiles(latency.Applied)
                    .Percentiles(latency.FromCall, "from_call_")
                    .Percentiles(latency.Acknowledged, "append_")
                    .Cost(usage, latency.Appends, usage.PeakMegabytes)
                    .Set("rows_read_per_event", (double)read / latency.Appends)
                    .Print();
            }
        }
    }
}
