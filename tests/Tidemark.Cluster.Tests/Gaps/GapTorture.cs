using Npgsql;
using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Gaps;

/// <summary>
/// Writers at their worst, sessions killed, one client idle in its transaction, one unrelated transaction open all the time; readers and
/// a daemon that are restarted at
/// random. At the end, everything that was committed was seen by everybody exactly once, in order.
/// </summary>
internal sealed class GapTorture(PostgreSqlStore store, int seed, TimeSpan duration)
{
    private const int Writers = 16;
    private const int Readers = 3;
    private const int Streams = 40;
    private const string WriterName = "gap-writer";
    private const string StoreName = "gap-store";

    private readonly GapLedger _ledger = new();
    private readonly Guid _idleId = Guid.CreateVersion7();
    private int _kills;
    private int _daemons;

    public async Task RunAsync()
    {
        await using (await store.StartAsync())
            await store.ExecuteAsync("create table own_table (note text)");
        await using NpgsqlConnection unrelated = await OpenUnrelatedAsync();
        await using NpgsqlTransaction open = await BeginUnrelatedAsync(unrelated);
        GapReader[] readers = [.. Enumerable.Range(1000, Readers).Select(r => new GapReader(store, new Random(seed + r)))];
        await TortureAsync(readers);

        // The unrelated transaction is still open, and holds nobody back.
        await using TidemarkHost host = await store.StartBankAsync();
        await ReadModelAudit.CheckAsync(store, host);
        var log = await LogAudit.ReadAsync(store);
        foreach (GapReader reader in readers)
        {
            await reader.ReadAsync(host);
            reader.Check(log);
        }

        _ledger.Check(log);
        log.ShouldContain(e => e.Id == _idleId);
        Chance.Say(
            $"{log.Count} events; {_ledger.Count("committed")} acknowledged, {_ledger.Count("rolled back")} rolled back, " +
            $"{_ledger.Count("unknown")} unknown; " +
            $"{_kills} sessions killed, {_daemons} daemons, {readers.Sum(r => r.Restarts)} readers");
    }

    private async Task TortureAsync(GapReader[] readers)
    {
        using var stop = new CancellationTokenSource(duration);
        using var stopReading = new CancellationTokenSource();
        await using TidemarkHost writing = await ClusterStore.StartAsync(store.Choice with { Target = store.NodeString(StoreName) });
        await using NpgsqlDataSource connections = NpgsqlDataSource.Create(WriterString());
        Task[] reading =
        [
            .. readers.Select(reader => Task.Run(() => reader.RunAsync(stopReading.Token))),
            Task.Run(() => ProjectAsync(new Random(seed + 2000), stopReading.Token)),
        ];
        Task[] torturing =
        [
            .. Enumerable.Range(0, Writers)
                .Select(w => new GapWriter(writing.Store, connections, _ledger, Streams, new Random(seed + w)))
                .Select(writer => Task.Run(() => writer.RunAsync(stop.Token))),
            Task.Run(() => KillAsync(new Random(seed + 3000), stop.Token)),
            Task.Run(() => IdleAsync(writing.Store)),
        ];
        await Task.WhenAll(torturing);
        await stopReading.CancelAsync();
        await Task.WhenAll(reading);
    }

    // A daemon lives for a moment, and another one goes on in its place.
    private async Task ProjectAsync(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await using TidemarkHost host = await store.StartBankAsync();
            await Chance.PassAsync(random, 500, 3000, stop);
            _daemons++;
        }
    }

    private async Task KillAsync(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (await store.TerminateOneAsync(WriterName, StoreName))
                _kills++;
            await Chance.PassAsync(random, 150, 350, stop);
        }
    }

    // In the second quarter of the run, somebody falls asleep in his transaction.
    private async Task IdleAsync(EventStore writing)
    {
        await Chance.PassAsync(new Random(seed), (int)(duration.TotalMilliseconds / 4), (int)(duration.TotalMilliseconds / 4) + 1);
        await using TidemarkHost watching = await store.StartBankAsync();
        await using IdleWriter idle = await IdleWriter.StartAsync(writing, store.Choice.Target, "account-idle", _idleId);
        await idle.CheckNamedAsync(watching.Daemon);
        await Chance.PassAsync(new Random(seed), (int)(duration.TotalMilliseconds / 4), (int)(duration.TotalMilliseconds / 4) + 1);
        watching.Daemon.Status().Mark.ShouldBeLessThan(idle.Append.First, "A mark passed an open append.");
        await idle.CommitAsync();
        _ledger.Committed([_idleId]);
        await Eventually.TrueAsync(
            () => watching.Daemon.Status().Mark >= idle.Append.Last, "the mark passes the idle writer once it has committed");
    }

    private string WriterString() => new NpgsqlConnectionStringBuilder(store.NodeString(WriterName))
    {
        MaxPoolSize = Writers,
        NoResetOnClose = true,
        Enlist = false,
    }.ConnectionString;

    private async Task<NpgsqlConnection> OpenUnrelatedAsync()
    {
        var text = new NpgsqlConnectionStringBuilder(store.ConnectionString) { Pooling = false };
        var connection = new NpgsqlConnection(text.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<NpgsqlTransaction> BeginUnrelatedAsync(NpgsqlConnection connection)
    {
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("insert into own_table (note) values ('open all the time')", connection, transaction);
        await command.ExecuteNonQueryAsync();
        return transaction;
    }
}
