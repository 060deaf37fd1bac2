using System.Data.Common;
using Tidemark.Log;

namespace Tidemark.Testing.InMemory;

/// <summary>A transaction: a state of its own while it holds the database's writer gate.</summary>
internal sealed class MemoryTransaction(MemoryDatabase database, MemoryState state) : IStoreTransaction
{
    private readonly Lock _gate = new();
    private MemoryState _state = state;
    private bool _ended;

    public DbTransaction? Transaction => null;

    /// <summary>The transaction as one of this database.</summary>
    /// <exception cref="ArgumentException">It belongs to another store.</exception>
    public static MemoryTransaction Of(MemoryDatabase database, IStoreTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return transaction is MemoryTransaction own && own.IsOf(database)
            ? own
            : throw new ArgumentException(
                "The transaction is not one of this in-memory store. Begin it with the same store's BeginAsync.", nameof(transaction));
    }

    /// <summary>Makes a change in the transaction; when it throws, the transaction is as before.</summary>
    public T Change<T>(Func<MemoryState, (MemoryState State, T Result)> change)
    {
        lock (_gate)
        {
            ThrowIfEnded();
            (_state, var result) = change(_state);
            return result;
        }
    }

    public ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ThrowIfEnded();
            _ended = true;
            database.End(_state);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_ended)
                database.End(null);
            _ended = true;
        }

        return ValueTask.CompletedTask;
    }

    private bool IsOf(MemoryDatabase other) => ReferenceEquals(database, other);

    private void ThrowIfEnded()
    {
        if (_ended)
            throw new InvalidOperationException("The transaction has ended. Begin a new one.");
    }
}
