using Npgsql;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Gaps;

/// <summary>A client that appends in its own transaction and then does nothing: the mark waits for it, and the daemon names it.</summary>
internal sealed class IdleWriter : IAsyncDisposable
{
    public const string Application = "idle-writer";

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private IdleWriter(NpgsqlConnection connection, NpgsqlTransaction transaction, AppendResult append, int session)
    {
        _connection = connection;
        _transaction = transaction;
        Append = append;
        Session = session;
    }

    public AppendResult Append { get; }

    /// <summary>The server process that holds the transaction.</summary>
    public int Session { get; }

    public static async Task<IdleWriter> StartAsync(EventStore store, string connectionString, string stream, Guid id)
    {
        var named = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = Application, Pooling = false };
        var connection = new NpgsqlConnection(named.ConnectionString);
        await connection.OpenAsync();
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        AppendResult append = await store.AppendAsync(
            stream,
            ExpectedVersion.Any,
            [new NewEvent(new Deposited(1, "north")) { Id = id }],
            new AppendOptions { Transaction = transaction });
        await using var command = new NpgsqlCommand("select pg_backend_pid()", connection, transaction);
        return new IdleWriter(connection, transaction, append, (int)(await command.ExecuteScalarAsync())!);
    }

    /// <summary>While it idles, the daemon names it and does not pass its event.</summary>
    public async Task CheckNamedAsync(Daemon daemon)
    {
        HighWaterBlocker? blocker = null;
        await Eventually.TrueAsync(
            async () =>
            {
                blocker = (await daemon.ReadBlockersAsync()).FirstOrDefault(b => b.Session == Session);
                return blocker is { State: "idle in transaction" };
            },
            () => $"the daemon names session {Session}; it says {blocker}");
        blocker!.Application.ShouldBe(Application);
        blocker.Bound.ShouldBeLessThan(Append.First);
        blocker.Since.ShouldNotBeNull();
        daemon.Status().Mark.ShouldBeLessThan(Append.First);
    }

    public Task CommitAsync() => _transaction.CommitAsync();

    public Task RollbackAsync() => _transaction.RollbackAsync();

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
