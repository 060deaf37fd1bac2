using Microsoft.Data.Sqlite;
using Polly;
using Tidemark.Log;
using Tidemark.Sqlite.Connections;
using Tidemark.Storage;

namespace Tidemark.Sqlite;

/// <summary>What the ports share: the file, its writer, its readers, and the clock.</summary>
internal sealed class SqliteDatabase : IAsyncDisposable
{
    private readonly ResiliencePipeline _pipeline;

    /// <summary>Takes validated options. Nothing is opened yet.</summary>
    public SqliteDatabase(SqliteOptions options, StorageContext context)
    {
        File = new DatabaseFile(options);
        Writer = new Writer(File, options, context.Time);
        Time = context.Time;
        WatchInterval = options.WatchInterval;
        Readers = new ReaderPool(File, options, context.Time);
        _pipeline = context.DatabasePipeline(SqliteErrors.IsTransient);
    }

    /// <summary>The file.</summary>
    public DatabaseFile File { get; }

    /// <summary>The one connection that writes.</summary>
    public Writer Writer { get; }

    /// <summary>The connections that read.</summary>
    public ReaderPool Readers { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>How often a listener looks for commits.</summary>
    public TimeSpan WatchInterval { get; }

    /// <summary>The moment that is written into rows.</summary>
    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Reads, again when an error may pass.</summary>
    public ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellationToken) =>
        _pipeline.ExecuteAsync(
            static (state, token) => state.Readers.ReadAsync(state.Read, token), (Readers, Read: read), cancellationToken);

    /// <summary>Writes what has the same effect when it is done twice, again when an error may pass.</summary>
    /// <param name="write">Must not wait for anything. Says with its result whether to commit.</param>
    /// <param name="create">Whether to make the database file when there is none.</param>
    /// <param name="cancellationToken">Cancels the waits.</param>
    public ValueTask<T> WriteIdempotentlyAsync<T>(
        Func<SqliteSession, (T Result, bool Commit)> write, bool create, CancellationToken cancellationToken) =>
        _pipeline.ExecuteAsync(
            static (state, token) => state.Writer.WriteAsync(state.Write, state.Create, token),
            (Writer, Write: write, Create: create),
            cancellationToken);

    /// <summary>The way into a transaction of this store.</summary>
    public static ISqliteTransaction Of(IStoreTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return transaction as ISqliteTransaction
            ?? throw new ArgumentException(
                $"The transaction is a {transaction.GetType().FullName}, not one of an SQLite store.", nameof(transaction));
    }

    /// <summary>Refuses a connection to another database.</summary>
    public void CheckIsOf(SqliteConnection connection)
    {
        if (!File.IsOf(connection))
        {
            throw new ArgumentException(
                $"The transaction is on '{connection.DataSource}', not on this store's database '{File.Path}'.", nameof(connection));
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Readers.DisposeAsync().ConfigureAwait(false);
        await Writer.DisposeAsync().ConfigureAwait(false); // Last: the last connection copies the write-ahead log into the database.
    }
}
