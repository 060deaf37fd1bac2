using System.Data.Common;
using Microsoft.Data.Sqlite;
using Tidemark.Log;

namespace Tidemark.Sqlite.Connections;

/// <summary>A transaction of the store's own on its writer. It holds the writer's gate: other writers wait until it ends.</summary>
internal sealed class OwnTransaction(Writer writer, SqliteSession session, SqliteTransaction transaction)
    : IStoreTransaction, ISqliteTransaction
{
    private bool _ended;

    /// <inheritdoc />
    public DbTransaction? Transaction => transaction;

    /// <inheritdoc />
    public ValueTask<T> RunAsync<T>(Func<SqliteSession, T> work, bool writes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_ended, this);
        if (transaction.Connection is null)
            throw new InvalidOperationException("The transaction was committed or rolled back already.");
        return new(writer.Explained(() => work(session)));
    }

    /// <inheritdoc />
    public ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_ended, this);
        writer.Explained(() =>
        {
            transaction.Commit();
            return true;
        });
        End();
        return default;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        if (!_ended)
            End();
        return default;
    }

    private void End()
    {
        _ended = true;
        try
        {
            transaction.Dispose(); // Rolls back unless it was committed.
        }
        finally
        {
            writer.Leave(session);
        }
    }
}
