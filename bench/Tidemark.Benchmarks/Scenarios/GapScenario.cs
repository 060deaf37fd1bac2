using System.CommandLine;
using System.Diagnostics;
using Npgsql;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Stores;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>
/// What others' transactions cost readers. A rolled-back append leaves a hole in the positions: how soon is it passed? And does a
/// transaction that
/// has nothing to do with the log, but stays open, delay anybody?
/// </summary>
internal static class GapScenario
{
    private const string Name = "gap";
    private const string Follower = "follower";
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private sealed record Settings(string? Postgres, int Seconds, int Rollbacks);

    public static Command MakeCommand()
    {
        var postgres = CommonOptions.Postgres();
        var seconds = CommonOptions.Number("--seconds", 20, "How long the unrelated transaction stays open.");
        var rollbacks = CommonOptions.Number("--rollbacks", 30, "How many appends are rolled back.");
        var command = new Command(Name, "Rolled-back appends, and an unrelated transaction that stays open (PostgreSQL).") { postgres,
            seconds, rollbacks };
        command.SetAction((parsed, _) => RunAsync(new Settings(parsed.GetValue(postgres), parsed.GetValue(seconds),
            parsed.GetValue(rollbacks))));
        return command;
    }

    private static async Task RunAsync(Settings settings)
    {
        var store = await PostgresBenchStore.StartAsync(settings.Postgres, null).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            var host = await store.StartHostAsync(
                daemon: true, builder => CatchUp.Register(builder.AddOrders(), ProjectionKind.Aggregate, 1, Name)).ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                await store.ExecuteAsync("create table unrelated (id bigint)").ConfigureAwait(false);
                var meter = UsageMeter.Start(store.CpuSeconds);
                var alone = await AppliedLatency.WarmAsync(host, CatchUp.Name(Name, 0), AppliedLatency.WarmUp).ConfigureAwait(false);
                await alone.RunAsync(TimeSpan.FromSeconds(settings.Seconds)).ConfigureAwait(false);
                var rollbacks = await RollbacksAsync(store, host, settings.Rollbacks, "alone").ConfigureAwait(false);
                var (beside, besideRollbacks) = await BesideAsync(store, host, settings).ConfigureAwait(false);
                var usage = meter.Stop();
                Tell(settings, alone, rollbacks, beside, besideRollbacks, usage);
            }
        }
    }

    private static async Task<(
        AppliedLatency Latency, Histogram Rollbacks)> BesideAsync(PostgresBenchStore store, TidemarkHost host, Settings settings)
    {
        var connection = await store.OpenAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var command = new NpgsqlCommand("insert into unrelated values (1)", connection, transaction);
                await using (command.ConfigureAwait(false))
                    await command.ExecuteNonQueryAsync().ConfigureAwait(false);
                var latency = new AppliedLatency(host, CatchUp.Name(Name, 0), firstStream: Orders.Streams / 2);
                await latency.RunAsync(TimeSpan.FromSeconds(settings.Seconds)).ConfigureAwait(false);
                var rollbacks = await RollbacksAsync(store, host, settings.Rollbacks, "beside").ConfigureAwait(false);
                await transaction.CommitAsync().ConfigureAwait(false);
                return (latency, rollbacks);
            }
        }
    }

    // An append draws positions and stays open; another one, above it, commits and has to wait; then the first rolls back.
    private static async Task<Histogram> RollbacksAsync(PostgresBenchStore store, TidemarkHost host, int count, string name)
    {
        var passed = new Histogram();
        for (var i = 0; i < count; i++)
        {
            var connection = await store.OpenAsync().ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var options = new AppendOptions { Transaction = transaction };
                    await host.Store.AppendAsync($"rolled-back-{name}-{i}", ExpectedVersion.NoStream, [Orders.Event(1, i)], options)
                        .ConfigureAwait(false);
                    var above = await host.Store.AppendAsync($"{Follower}-{name}-{i}", ExpectedVersion.NoStream, [Orders.Event(1, i)])
                        .ConfigureAwait(false);
                    await Task.Delay(TimeSpan.FromMilliseconds(100 + (i * 7 % 60))).ConfigureAwait(false);
                    if (host.Daemon.Status().Mark >= above.Last)
                        throw new InvalidOperationException("The mark passed an open append.");
                    var started = Stopwatch.GetTimestamp();
                    await transaction.RollbackAsync().ConfigureAwait(false);
                    await host.Daemon.WaitForAsync(CatchUp.Name(Name, 0), above.Last, Timeout).ConfigureAwait(false);
                    passed.Add(Stopwatch.GetElapsedTime(started));
                }
            }
        }

        return passed;
    }

    private static void Tell(
        Settings settings, AppliedLatency alone, Histogram rollbacks, AppliedLatency beside, Histogram besideRollbacks, Usage usage) =>
        new Report(Name)
            .Set("store", BenchStores.Postgres).Set("seconds", settings.Seconds).Set("rollbacks", settings.Rollbacks)
            .Percentiles(rollbacks, "rollback_passed_")
            .Percentiles(alone.Applied, "alone_")
            .Percentiles(beside.Applied, "beside_open_transaction_")
            .Percentiles(besideRollbacks, "rollback_beside_open_transaction_")
            .Cost(usage, alone.Appends + beside.Appends, usage.PeakMegabytes)
            .Print();
}
