using Microsoft.Data.Sqlite;

namespace Tidemark.Sqlite.Connections;

/// <summary>
/// The one connection of this storage that writes, behind a gate that lets callers in one after the other, in the order they came, without
/// blocking threads. Every transaction is IMMEDIATE: it takes the write lock when it begins, so it cannot fail halfway because another
/// connection wrote.
/// </summary>
internal sealed class Writer(DatabaseFile file, SqliteOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1); // Hands over to its waiters in the order they came.
    private readonly BusyWait _busy = new(file, options.BusyTimeout, time);
    private readonly LockSharing _sharing = new(time);
    private readonly WalLimit _wal = new(file, options.WalBytesMax);
    private SqliteSession? _session;
    private volatile bool _disposed;

    /// <summary>Does work in one transaction. Durable when this returns.</summary>
    /// <param name="work">Must not wait for anything. Says with its result whether to commit; when it throws, nothing is stored.</param>
    /// <param name="cancellationToken">Cancels the wait for the lock; work that began runs to its end.</param>
    public ValueTask<T> WriteAsync<T>(Func<SqliteSession, (T Result, bool Commit)> work, CancellationToken cancellationToken) =>
        WriteAsync(work, create: false, cancellationToken);

    /// <summary>The same, and makes the database file first when there is none and <paramref name="create"/> is set.</summary>
    public async ValueTask<T> WriteAsync<T>(
        Func<SqliteSession, (T Result, bool Commit)> work, bool create, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = await OpenAsync(create, cancellationToken).ConfigureAwait(false);
            await TakeAsync(session, () => Run(session, SqlText.BeginImmediate), cancellationToken).ConfigureAwait(false);
            return InTransaction(session, work);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Begins a transaction that holds the gate until it is committed or disposed.</summary>
    public async ValueTask<OwnTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = await OpenAsync(create: false, cancellationToken).ConfigureAwait(false);
            var transaction = await TakeAsync(session, () => BeginOnce(session), cancellationToken).ConfigureAwait(false);
            return new OwnTransaction(this, session, transaction);
        }
        catch
        {
            _gate.Release();
            throw;
        }
    }

    /// <summary>Takes the write lock for a transaction of the application, which may have been begun without it.</summary>
    /// <exception cref="InvalidOperationException">The transaction has read, and another one has written since: it cannot write any
    /// more.</exception>
    public async ValueTask LockAsync(SqliteSession lent, CancellationToken cancellationToken)
    {
        try
        {
            await _busy.RunAsync(() => Run(lent, SqlText.TakeWriteLock), cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException e) when (SqliteErrors.IsSnapshotTooOld(e))
        {
            throw new InvalidOperationException(
                $"The transaction on '{file.Path}' was begun as deferred, has read, and cannot write because another one has " +
                "written since. Roll it back, and begin with BeginTransaction(deferred: false), which takes the write lock at once.",
                e);
        }
    }

    /// <summary>Does work of a transaction that the caller began; errors say what to do.</summary>
    public T Explained<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e) when (SqliteErrors.CanExplain(e))
        {
            throw SqliteErrors.Explain(e, file.Path);
        }
    }

    /// <summary>
    /// Waits for the one who is inside, up to the busy timeout; a transaction that stays open longer closes the connection when it ends.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        using var timeout = new CancellationTokenSource(options.BusyTimeout, time);
        try
        {
            await _gate.WaitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            Discard();
        }
        finally
        {
            _gate.Release(); // Those who still wait are told that the store is closed.
        }
    }

    /// <summary>Ends a transaction of <see cref="BeginAsync"/>: lets the next one in.</summary>
    internal void Leave(SqliteSession session)
    {
        try
        {
            if (_disposed || session.InTransaction || session.HasOpenStatement())
                Discard(); // The transaction's user left something open that would keep its lock, or an old snapshot, alive.
            else
                _wal.Keep(session);
        }
        finally
        {
            _sharing.Released();
            _gate.Release();
        }
    }

    /// <summary>Closes the connection; the next write opens a new one.</summary>
    private void Discard()
    {
        _session?.Dispose();
        _session = null;
    }

    private async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_gate.Wait(0, CancellationToken.None))
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!_disposed)
            return;
        _gate.Release();
        throw SqliteErrors.Closed(file.Path);
    }

    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.BusyTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _gate.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw SqliteErrors.GateBusy(file.Path, options.BusyTimeout);
        }
        catch (OperationCanceledException e)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
    }

    private async ValueTask<SqliteSession> OpenAsync(bool create, CancellationToken cancellationToken) =>
        _session ??= await _busy.RunAsync(() => file.OpenWriter(create), cancellationToken).ConfigureAwait(false);

    private async ValueTask<T> TakeAsync<T>(SqliteSession session, Func<T> begin, CancellationToken cancellationToken)
    {
        if (_sharing.HasHeldLong)
            await GiveWayAsync(session, cancellationToken).ConfigureAwait(false);
        var begun = await _busy.RunAsync(begin, cancellationToken).ConfigureAwait(false);
        _sharing.Took();
        return begun;
    }

    private async ValueTask GiveWayAsync(SqliteSession session, CancellationToken cancellationToken)
    {
        if (!await _busy.RunAsync(() => _sharing.IsBreakDue(session), cancellationToken).ConfigureAwait(false))
            return;
        await Task.Delay(LockSharing.Break, time, cancellationToken).ConfigureAwait(false);
        _sharing.Rested();
    }

    private T InTransaction<T>(SqliteSession session, Func<SqliteSession, (T Result, bool Commit)> work)
    {
        try
        {
            var (result, commit) = work(session);
            Run(session, commit ? SqlText.Commit : SqlText.Rollback);
            if (commit)
                _wal.Keep(session);
            return result;
        }
        catch (Exception e)
        {
            if (!TryRollback(session) || SqliteErrors.SpoilsConnection(e))
                Discard();
            if (e is SqliteException failed && SqliteErrors.CanExplain(failed))
                throw SqliteErrors.Explain(failed, file.Path);
            throw;
        }
        finally
        {
            _sharing.Released();
        }
    }

    private static bool Run(SqliteSession session, string sql)
    {
        session.Prepare(sql).Run();
        return true;
    }

    private static bool TryRollback(SqliteSession session)
    {
        try
        {
            if (session.InTransaction)
                session.Prepare(SqlText.Rollback).Run();
            return true;
        }
        catch (SqliteException)
        {
            return false; // The connection is closed, which rolls back.
        }
    }

    // The driver's own IMMEDIATE waits by blocking the thread; so it begins without a lock, and a statement that changes nothing takes the
    // lock.
    private static SqliteTransaction BeginOnce(SqliteSession session)
    {
        var transaction = session.Connection.BeginTransaction(deferred: true);
        try
        {
            Run(session, SqlText.TakeWriteLock);
            return transaction;
        }
        catch
        {
            transaction.Dispose();
            throw;
        }
    }
}
