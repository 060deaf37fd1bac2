using System.Data.Common;
using Tidemark.Hosting;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Stores;

/// <summary>A store under test, with a way to look at it, and to damage it, that is not the product's.</summary>
public abstract class ClusterStore : IAsyncDisposable
{
    /// <summary>Where it is, as nodes are told.</summary>
    public abstract StoreChoice Choice { get; }

    /// <summary>The table of events, for SQL.</summary>
    public abstract string Events { get; }

    /// <summary>The table of checkpoints, for SQL.</summary>
    public abstract string Checkpoints { get; }

    /// <summary>An SQL expression: an event's id as 32 hexadecimal digits.</summary>
    public abstract string EventIdText { get; }

    /// <summary>Opens a connection that is not the product's, past any pooler.</summary>
    public abstract Task<DbConnection> ConnectAsync();

    /// <summary>Starts a store with its daemon in this process, with the bank's projections.</summary>
    public Task<TidemarkHost> StartBankAsync(Action<TidemarkOptions>? configure = null) =>
        StartAsync(tide => tide.BankProjections().Configure(configure ?? (_ => { })));

    /// <summary>Starts a store in this process, with what is given; without projections no daemon runs.</summary>
    public Task<TidemarkHost> StartAsync(Action<TidemarkBuilder>? build = null) => StartAsync(Choice, build);

    /// <summary>The same over another way to the database.</summary>
    public static Task<TidemarkHost> StartAsync(StoreChoice choice, Action<TidemarkBuilder>? build = null) =>
        TidemarkHost.StartAsync(tide =>
        {
            choice.Use(tide).BankEvents();
            build?.Invoke(tide);
        });

    /// <summary>Makes databases for tenants, where Tidemark does not do that by itself.</summary>
    public virtual Task MakeDatabasesAsync(IReadOnlyList<string> tenants) => Task.CompletedTask;

    /// <summary>Whether a frozen process is in the middle of a transaction that does not keep others from appending.</summary>
    public virtual Task<bool> IsInTransactionAsync(int processId) => Task.FromResult(false);

    /// <summary>Runs a statement.</summary>
    public async Task<int> ExecuteAsync(string sql)
    {
        await using DbConnection connection = await ConnectAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs a query; each row as its values.</summary>
    public async Task<IReadOnlyList<object[]>> QueryAsync(string sql)
    {
        await using DbConnection connection = await ConnectAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        var rows = new List<object[]>();
        while (await reader.ReadAsync())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return rows;
    }

    public abstract ValueTask DisposeAsync();
}
