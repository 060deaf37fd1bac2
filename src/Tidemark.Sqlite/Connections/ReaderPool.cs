using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Tidemark.Sqlite.Connections;

/// <summary>
/// A few connections that read. What is read is taken into memory at once and the statement closed: an open read keeps the write-ahead log
/// from starting anew.
/// </summary>
internal sealed class ReaderPool(DatabaseFile file, SqliteOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _places = new(options.ReadersMax, options.ReadersMax);
    private readonly ConcurrentStack<SqliteSession> _idle = new();
    private volatile bool _disposed;

    /// <summary>How reading waits for locks.</summary>
    public BusyWait Busy { get; } = new(file, options.BusyTimeout, time);

    /// <summary>Reads.</summary>
    /// <param name="read">Must not wait for anything, and must leave no transaction open. Called again when a lock was taken.</param>
    /// <param name="cancellationToken">Cancels the wait for a connection.</param>
    public async ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        SqliteSession? session = null;
        try
        {
            if (_disposed)
                throw SqliteErrors.Closed(file.Path);
            if (!_idle.TryPop(out session))
                session = await Busy.RunAsync(file.OpenReader, cancellationToken).ConfigureAwait(false);
            var reader = session;
            var result = await Busy.RunAsync(() => read(reader), cancellationToken).ConfigureAwait(false);
            _idle.Push(session);
            session = null;
            return result;
        }
        finally
        {
            session?.Dispose(); // It failed; the next reader gets a new connection.
            _places.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        for (var i = 0; i < options.ReadersMax; i++)
            await _places.WaitAsync().ConfigureAwait(false); // Those who are reading finish first.
        while (_idle.TryPop(out var session))
            session.Dispose();
        _places.Release(options.ReadersMax); // Those who still wait are told that the store is closed.
    }
}
