using System.Data.Common;
using Npgsql;
using Tidemark.Log;

namespace Tidemark.PostgreSql;

/// <summary>A transaction of the store's own, with its connection, or one that the application lends.</summary>
internal sealed class PostgreSqlTransaction : IStoreTransaction
{
    private readonly NpgsqlConnection? _owned;
    private Action? _ended;

    /// <summary>Takes the application's transaction.</summary>
    public PostgreSqlTransaction(NpgsqlTransaction lent)
    {
        Inner = lent;
        Connection = lent.Connection ?? throw new ArgumentException("The transaction has ended; lend one that is open.", nameof(lent));
    }

    /// <summary>Takes a transaction of the store's own.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="owned">Its connection, closed with it.</param>
    /// <param name="ended">Called once, when the transaction has ended and its connection is closed.</param>
    public PostgreSqlTransaction(NpgsqlTransaction transaction, NpgsqlConnection owned, Action ended)
    {
        _ended = ended;
        LacksIdleBound = true;
        Inner = transaction;
        Connection = owned;
        _owned = owned;
    }

    public DbTransaction Transaction => Inner;

    public NpgsqlTransaction Inner { get; }

    public NpgsqlConnection Connection { get; }

    /// <summary>Whether the server is still to be told how long it may be idle: never for a lent one.</summary>
    public bool LacksIdleBound { get; set; }

    /// <summary>The transaction as this store's kind.</summary>
    /// <exception cref="ArgumentException">It is another store's.</exception>
    public static PostgreSqlTransaction Of(IStoreTransaction transaction) =>
        transaction as PostgreSqlTransaction
        ?? throw new ArgumentException(
            $"The transaction is a {transaction.GetType().Name}, not one of a PostgreSQL store; use one that this store began or was lent.",
            nameof(transaction));

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_owned is null)
            throw new InvalidOperationException("The transaction is lent: whoever began it commits it.");
        await Inner.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_owned is null)
            return;
        try
        {
            await using (_owned.ConfigureAwait(false))
                await Inner.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Exchange(ref _ended, null)?.Invoke();
        }
    }
}
