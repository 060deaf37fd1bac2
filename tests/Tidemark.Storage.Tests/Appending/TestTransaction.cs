using System.Data.Common;
using Tidemark.Log;

namespace Tidemark.Storage.Tests.Appending;

/// <summary>A transaction of either kind, ended as its kind is ended.</summary>
public sealed class TestTransaction : IAsyncDisposable
{
    private readonly DbTransaction? _lent;
    private readonly DbConnection? _connection;

    private TestTransaction(IStoreTransaction handle, DbTransaction? lent, DbConnection? connection)
    {
        Handle = handle;
        _lent = lent;
        _connection = connection;
    }

    /// <summary>What the ports take.</summary>
    public IStoreTransaction Handle { get; }

    public static async Task<TestTransaction> OwnAsync(IEventLog log, CancellationToken cancellationToken) =>
        new(await log.BeginAsync(cancellationToken), null, null);

    public static async Task<TestTransaction> LentAsync(IEventLog log, DbConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken);
        return new(log.Lend(transaction), transaction, connection);
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_lent is null)
            await Handle.CommitAsync(cancellationToken);
        else
            await _lent.CommitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Handle.DisposeAsync();
        if (_lent is not null)
            await _lent.DisposeAsync();
        if (_connection is not null)
            await _connection.DisposeAsync();
    }
}
