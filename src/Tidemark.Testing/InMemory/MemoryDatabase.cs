using System.Diagnostics.CodeAnalysis;

namespace Tidemark.Testing.InMemory;

/// <summary>
/// The state of a database and its one writer gate. Like SQLite it admits one writing transaction at a time, so positions are dense and
/// position order is commit order; readers never wait.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore holds no handle while nobody asks for its wait handle.")]
internal sealed class MemoryDatabase
{
    private readonly SemaphoreSlim _writer = new(1, 1);
    private MemoryState _committed = MemoryState.Empty;

    /// <summary>What is committed now.</summary>
    public MemoryState Committed => Volatile.Read(ref _committed);

    /// <summary>Waits for the gate, makes one change, commits it. When the change throws, nothing changes.</summary>
    public async ValueTask<T> ChangeAsync<T>(Func<MemoryState, (MemoryState State, T Result)> change, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (state, result) = change(_committed);
            Volatile.Write(ref _committed, state);
            return result;
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>As above, for a change without a result.</summary>
    public async ValueTask ChangeAsync(Func<MemoryState, MemoryState> change, CancellationToken cancellationToken) =>
        await ChangeAsync(state => (change(state), true), cancellationToken).ConfigureAwait(false);

    /// <summary>Waits for the gate, and keeps it until the transaction ends.</summary>
    public async ValueTask<MemoryTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new(this, _committed);
    }

    /// <summary>Ends a transaction: with its state to commit, or null to roll back.</summary>
    internal void End(MemoryState? state)
    {
        if (state is not null)
            Volatile.Write(ref _committed, state);
        _writer.Release();
    }
}
