using System.Data.Common;
using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Outages;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Progress;

/// <summary>What must not stop progress.</summary>
public abstract class ProgressTests<TStore>
    where TStore : IClusterStoreKind
{
    private sealed class Audits : FlatTableProjection
    {
        public Audits()
        {
            Column("events", ColumnType.Integer, notNull: true);
            On<Audited>(e => e.Data.By, (row, _) => row.Increment("events"));
        }
    }

    [Fact]
    public async Task Projection_of_a_type_that_never_occurs_moves_its_checkpoint_to_the_mark()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        await using TidemarkHost host = await store.StartAsync(tide => tide
            .AddProjection(new Audits()).Configure(o => o.Shards.IdleProgressInterval = TimeSpan.FromMilliseconds(100)));
        AppendResult last = null!;
        for (int i = 0; i < 20; i++)
            last = await host.Store.AppendAsync($"account-{i}", ExpectedVersion.Any, [new Deposited(i + 1, "north")]);

        await host.Daemon.WaitForAsync(nameof(Audits), last.Last, Eventually.Patience);

        string position = $"select position from {store.Checkpoints} where projection = 'Audits'";
        await Eventually.TrueAsync(
            async () => (long)(await store.QueryAsync(position))[0][0] >= last.Last.Value,
            () => "the checkpoint reaches the mark");
    }

    [Fact]
    public async Task Snapshot_held_during_load_does_not_stop_progress()
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        await using TidemarkHost host = await store.StartBankAsync();
        await host.Store.AppendAsync("account-1", ExpectedVersion.Any, [new Deposited(1, "north")]);
        await using DbConnection connection = await store.ConnectAsync();
        await using DbCommand read = connection.CreateCommand();
        read.CommandText = store is SqliteStore ? "begin" : "begin isolation level repeatable read";
        await read.ExecuteNonQueryAsync();
        read.CommandText = $"select count(*) from {store.Events}";
        object? before = await read.ExecuteScalarAsync();

        using var load = Load.Start(host.Store, Chance.NewSeed());
        await load.ProgressAsync(1000);
        await load.EndAsync();
        await ReadModelAudit.CheckAsync(store, host);

        (await read.ExecuteScalarAsync()).ShouldBe(before, "The snapshot was held all the time.");
    }
}

public sealed class ProgressTestsOnPostgreSql : ProgressTests<PostgreSqlStore>;

public sealed class ProgressTestsOnSqlite : ProgressTests<SqliteStore>;
