namespace Tidemark.Sqlite.Connections;

/// <summary>Where the ports' statements run inside a transaction: on the store's writer, or on a connection of the application.</summary>
internal interface ISqliteTransaction
{
    /// <summary>Does work inside the transaction.</summary>
    /// <param name="work">Must not wait for anything.</param>
    /// <param name="writes">Whether it writes, or reads what must not change until the transaction ends; then the write lock is taken
    /// first.</param>
    /// <param name="cancellationToken">Cancels the wait for the lock.</param>
    ValueTask<T> RunAsync<T>(Func<SqliteSession, T> work, bool writes, CancellationToken cancellationToken);
}
