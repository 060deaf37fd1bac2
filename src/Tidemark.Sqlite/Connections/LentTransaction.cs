using System.Data.Common;
using Microsoft.Data.Sqlite;
using Tidemark.Log;

namespace Tidemark.Sqlite.Connections;

/// <summary>A transaction of the application on a connection of its own. Nothing of ours stays on that connection between calls.</summary>
internal sealed class LentTransaction(Writer writer, SqliteTransaction transaction) : IStoreTransaction, ISqliteTransaction
{
    /// <inheritdoc />
    public DbTransaction? Transaction => transaction;

    /// <inheritdoc />
    public async ValueTask<T> RunAsync<T>(Func<SqliteSession, T> work, bool writes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var connection = transaction.Connection
            ?? throw new InvalidOperationException("The lent transaction was committed or rolled back already.");
        using var session = SqliteSession.Borrow(connection);
        if (writes)
            await writer.LockAsync(session, cancellationToken).ConfigureAwait(false);
        return writer.Explained(() => work(session));
    }

    /// <inheritdoc />
    public ValueTask CommitAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("The transaction is lent to the store; who began it commits it.");

    /// <inheritdoc />
    public ValueTask DisposeAsync() => default;
}
