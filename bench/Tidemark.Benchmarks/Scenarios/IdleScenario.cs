using System.CommandLine;
using System.Text.Json.Nodes;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.PostgreSql;
using Tidemark.TestKit.PgBouncer;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>What a node that has nothing to do asks of the server: every statement in the database, by the server's own count.</summary>
internal static class IdleScenario
{
    private const string Name = "idle";
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    private sealed record Settings(string? Postgres, int Seconds, int Projections, int Subscriptions, bool Pooler, bool Listens);

    public static Command MakeCommand()
    {
        var postgres = CommonOptions.Postgres();
        var seconds = CommonOptions.Number("--seconds", 60, "How long.");
        var projections = CommonOptions.Number("--projections", 16, "How many aggregates.");
        var subscriptions = CommonOptions.Number("--subscriptions", 0, "How many subscriptions with a consumer in the process.");
        var pooler = new Option<bool>("--pooler") { Description = "Behind pgbouncer in transaction mode." };
        var listens = new Option<bool>("--listen") { Description = "With --pooler: one connection leads past it, for hints." };
        var command = new Command(Name, "Statements a minute of a node without work (PostgreSQL).") { postgres, seconds, projections,
            subscriptions, pooler, listens };
        command.SetAction((parsed, _) => RunAsync(new Settings(
            parsed.GetValue(postgres), parsed.GetValue(seconds), parsed.GetValue(projections), parsed.GetValue(subscriptions),
            parsed.GetValue(pooler), parsed.GetValue(listens))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var store = await PostgresBenchStore.StartAsync(settings.Postgres, PostgresStatements.ServerSettings).ConfigureAwait(false);
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
                var past = settings.Listens ? store.ConnectionString : null;
                await MeasureAsync(settings, store, builder => builder.UsePostgreSql(
                    through, options => (options.TransactionPooler, options.ListenConnectionString) = (true, past))).ConfigureAwait(false);
            }
        }
    }

    private static async Task MeasureAsync(Settings settings, PostgresBenchStore store, Action<TidemarkBuilder> use)
    {
        var counted = await PostgresStatements.StartAsync(store).ConfigureAwait(false);
        await FullLog.LoadAsync(store, Orders.Streams, EventOrder.Interleaved).ConfigureAwait(false);
        using var handled = new CountdownEvent(settings.Subscriptions + 1);
        var host = await TidemarkHost.StartAsync(builder =>
        {
            use(builder);
            CatchUp.Register(builder.AddOrders(), ProjectionKind.Aggregate, settings.Projections, Name);
            Subscribe(builder, settings.Subscriptions, handled);
        }).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            // Each subscription gets one event, so that all of them are live.
            await host.Daemon.WaitForCaughtUpAsync(Timeout).ConfigureAwait(false);
            await host.Store.AppendAsync("live-1", ExpectedVersion.Any, [Orders.Event(1, 1)]).ConfigureAwait(false);
            handled.Signal();
            if (!handled.Wait(Timeout))
                throw new TimeoutException($"{handled.CurrentCount} subscriptions have not handled the event.");
            await host.Daemon.WaitForCaughtUpAsync(Timeout).ConfigureAwait(false);
            await Task.Delay(Settle).ConfigureAwait(false);
            await counted.ResetAsync().ConfigureAwait(false);
            var meter = UsageMeter.Start(store.CpuSeconds);
            await Task.Delay(TimeSpan.FromSeconds(settings.Seconds)).ConfigureAwait(false);
            var usage = meter.Stop();
            var statements = await counted.ReadAsync().ConfigureAwait(false);
            foreach (var (query, calls) in statements)
                Report.Say($"{calls,6}  {query}");
            new Report(Name)
                .Set("store", BenchStores.Postgres).Set("seconds", settings.Seconds).Set("projections", settings.Projections)
                .Set("subscriptions", settings.Subscriptions)
                .Set("pooler", JsonValue.Create(settings.Pooler)).Set("listens", JsonValue.Create(!settings.Pooler || settings.Listens))
                .Set("statements_per_minute", statements.Sum(s => s.Calls) * 60 / usage.Seconds)
                .Set("process_cpu_seconds", usage.ProcessCpuSeconds)
                .Set("database_cpu_seconds", usage.DatabaseCpuSeconds)
                .Set("peak_mb", Math.Round(usage.PeakMegabytes, 1))
                .Print();
        }
    }

    private static void Subscribe(TidemarkBuilder builder, int count, CountdownEvent handled)
    {
        for (var i = 0; i < count; i++)
        {
            builder.AddSubscription(
                $"idle{i}",
                (_, _) =>
                {
                    handled.Signal();
                    return ValueTask.CompletedTask;
                },
                s => s.From(SubscriptionStart.End));
        }
    }
}
