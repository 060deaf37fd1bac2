namespace Tidemark.PostgreSql;

/// <summary>
/// Bounds the connections to many databases together. A database whose pool is open holds the pool's whole size; the sum never exceeds the
/// budget. A database that needs a connection and has no open pool takes a free place, else it closes the pool that is unused for longest,
/// else it waits. Thread-safe.
/// </summary>
/// <remarks>
/// Those who wait are served in their order. While anybody waits, an open pool takes only a turn's number of further callers before they
/// queue too; so it runs empty, and everybody who waits comes up after finite work of others. Two kinds never queue behind others: those
/// whose pool has a transaction handed out (it needs more connections to end, and would wait for itself), and, being first, the head.
/// </remarks>
/// <param name="poolsMax">How many pools may be open: the budget divided by a pool's size.</param>
internal sealed class PoolBudget(int poolsMax)
{
    private const int TurnRents = 64;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private readonly LinkedList<PoolShare> _unused = new(); // Open and unused, the one unused for longest first.
    private int _open;
    private long _rush; // Counts the times that somebody began to wait; turns are new in each.

    /// <summary>How many pools may be open at once.</summary>
    public int PoolsMax => poolsMax;

    /// <summary>How many pools are open.</summary>
    public int Open
    {
        get
        {
            lock (_gate)
                return _open;
        }
    }

    /// <summary>A database's part in the budget; its pool is closed at first.</summary>
    /// <param name="close">
    /// Closes every connection of the pool; called when none is in use, under the budget's lock, so that it may not wait or call back.
    /// </param>
    /// <param name="waitMax">How long a caller waits for a place.</param>
    /// <param name="time">The clock for that.</param>
    public PoolShare Add(Action close, TimeSpan waitMax, TimeProvider time) => new(this, close, waitMax, time);

    /// <summary>Null when the caller may go on; else what to await.</summary>
    internal Waiter? Enter(PoolShare share, bool holds)
    {
        lock (_gate)
        {
            if (share.Retired)
                throw PoolShare.Closed();
            if (share.IsOpen && (_waiters.Count == 0 || (!holds && share.Held > 0) || TakeTurn(share)))
            {
                Use(share, holds);
                return null;
            }

            if (_waiters.Count == 0)
            {
                if (TryOpen(share))
                {
                    Use(share, holds);
                    return null;
                }

                _rush++;
            }

            var waiter = new Waiter(share, holds);
            waiter.Place = _waiters.AddLast(waiter);
            return waiter;
        }
    }

    /// <summary>Gives up waiting. A place that was given meanwhile goes back.</summary>
    internal void Abandon(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Place is { } place)
            {
                _waiters.Remove(place);
                waiter.Place = null;
                Serve(); // It may have been the head, and the next one's pool may be open.
            }
            else if (waiter.Answer.Result)
            {
                Leave(waiter.Share, waiter.Holds);
            }
        }
    }

    internal void Exit(PoolShare share, bool held)
    {
        lock (_gate)
            Leave(share, held);
    }

    internal void Retire(PoolShare share)
    {
        lock (_gate)
        {
            if (share.Retired)
                return;
            share.Retired = true;
            for (var node = _waiters.First; node is not null;)
            {
                var (waiter, next) = (node.Value, node.Next);
                if (waiter.Share == share)
                {
                    _waiters.Remove(node);
                    waiter.Tell(admitted: false);
                }

                node = next;
            }

            if (share.IsOpen && share.Used == 0)
                Close(share);
            Serve();
        }
    }

    private void Leave(PoolShare share, bool held)
    {
        share.Used--;
        if (held)
            share.Held--;
        if (share.Used == 0)
        {
            if (share.Retired)
                Close(share);
            else
                share.Unused = _unused.AddLast(share);
        }

        Serve();
    }

    private void Serve()
    {
        while (_waiters.First is { } first)
        {
            var waiter = first.Value;
            if (!waiter.Share.IsOpen && !TryOpen(waiter.Share))
                return;
            _waiters.RemoveFirst();
            Use(waiter.Share, waiter.Holds);
            waiter.Tell(admitted: true);
        }
    }

    private bool TakeTurn(PoolShare share)
    {
        if (share.Rush != _rush)
            (share.Rush, share.Turn) = (_rush, TurnRents);
        if (share.Turn == 0)
            return false;
        share.Turn--;
        return true;
    }

    private void Use(PoolShare share, bool holds)
    {
        if (share.Unused is { } node)
        {
            _unused.Remove(node);
            share.Unused = null;
        }

        share.Used++;
        if (holds)
            share.Held++;
    }

    private bool TryOpen(PoolShare share)
    {
        if (_open == poolsMax)
        {
            if (_unused.First is not { } longest)
                return false;
            Close(longest.Value);
        }

        _open++;
        share.IsOpen = true;
        (share.Rush, share.Turn) = (_rush, TurnRents);
        return true;
    }

    private void Close(PoolShare share)
    {
        if (share.Unused is { } node)
        {
            _unused.Remove(node);
            share.Unused = null;
        }

        share.CloseConnections();
        share.IsOpen = false;
        _open--;
    }

    /// <summary>A caller that waits for a place.</summary>
    internal sealed class Waiter(PoolShare share, bool holds)
    {
        private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public PoolShare Share => share;

        public bool Holds => holds;

        /// <summary>True when the place is taken, false when the storage was closed; completed as it leaves the queue.</summary>
        public Task<bool> Answer => _answer.Task;

        /// <summary>In the queue; null when it is no longer there.</summary>
        public LinkedListNode<Waiter>? Place { get; set; }

        public void Tell(bool admitted)
        {
            Place = null;
            _answer.SetResult(admitted);
        }
    }
}
