namespace Tidemark.PostgreSql;

/// <summary>
/// One database's part in a <see cref="PoolBudget"/>. Each <see cref="RentAsync"/> that succeeds is followed by one return. Thread-safe.
/// </summary>
internal sealed class PoolShare(PoolBudget budget, Action close, TimeSpan waitMax, TimeProvider time)
{
    /// <summary>Whether the pool may have connections.</summary>
    internal bool IsOpen { get; set; }

    /// <summary>How many callers use the pool.</summary>
    internal int Used { get; set; }

    /// <summary>How many of them hold a transaction that was handed out.</summary>
    internal int Held { get; set; }

    /// <summary>How many callers may still pass those who wait, in the present rush.</summary>
    internal int Turn { get; set; }

    internal long Rush { get; set; } = -1;

    internal bool Retired { get; set; }

    internal LinkedListNode<PoolShare>? Unused { get; set; }

    /// <summary>Takes the right to one connection of the pool; whether there is a free one is the pool's affair.</summary>
    /// <param name="holds">Whether it is for a transaction that is handed out.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TimeoutException">There was no place for too long.</exception>
    /// <exception cref="ObjectDisposedException">The storage was closed.</exception>
    public ValueTask RentAsync(bool holds, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return budget.Enter(this, holds) is { } waiter ? WaitAsync(waiter, cancellationToken) : default;
    }

    /// <summary>Gives it back, after the connection was closed.</summary>
    public void Return(bool held) => budget.Exit(this, held);

    /// <summary>Leaves the budget; after the pool was closed.</summary>
    public void Retire() => budget.Retire(this);

    internal void CloseConnections() => close();

    internal static ObjectDisposedException Closed() => new(nameof(PostgreSqlStorage), "The storage was closed.");

    private async ValueTask WaitAsync(PoolBudget.Waiter waiter, CancellationToken cancellationToken)
    {
        bool admitted;
        try
        {
            admitted = await waiter.Answer.WaitAsync(waitMax, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            budget.Abandon(waiter);
            if (e is not TimeoutException)
                throw;
            throw new TimeoutException(
                $"No connection to the tenant database within {waitMax}: {budget.PoolsMax} other databases have connections in use. "
                + $"Raise {nameof(PostgreSqlOptions.NodeConnectionsMax)}, or lower {nameof(PostgreSqlOptions.TenantConnectionsMax)}.",
                e);
        }

        if (!admitted)
            throw Closed();
    }
}
