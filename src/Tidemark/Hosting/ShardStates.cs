using Tidemark.Leases;
using Tidemark.Placement;

namespace Tidemark.Hosting;

/// <summary>
/// Changes the states of shards, each only from the state in which this node knows it: several nodes, and several loops of one, change them
/// at any moment, and one that looked too early must not undo what another has done since.
/// </summary>
internal sealed class ShardStates(NodeAgent node, TimeProvider time)
{
    /// <summary>How long what was asked for may take to come about.</summary>
    public static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Sets states. Where a shard has another state by now than this node knows, nothing is changed, and it asks again once it knows more.
    /// </summary>
    /// <param name="wanted">The shards as this node knows them and their new states; called anew for each try.</param>
    /// <param name="cancellationToken">Ends the tries.</param>
    /// <returns>The shards as they were before they were set.</returns>
    public async Task<ShardLease[]> SetAsync(
        Func<IEnumerable<KeyValuePair<ShardLease, LeaseState>>> wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = node.BookChanged.Next;
            var states = wanted().ToArray();
            var change = new LeaseChange
            {
                When = [.. states.Select(s => new LeaseCondition(s.Key.Shard, s.Key.State, Unowned: false))],
                Set = [.. states.Select(s => KeyValuePair.Create(s.Key.Shard, s.Value))],
            };
            if (states.Length == 0 || await TryChangeAsync(change, cancellationToken).ConfigureAwait(false))
                return [.. states.Select(s => s.Key)];
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(LookAgainAfter, time, enough.Token)).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>
    /// Registers shards. Those that are there already and are retired, as on the database of a tenant that was removed and comes back, are
    /// to run again.
    /// </summary>
    public async Task RegisterAsync(IReadOnlyList<ShardLease> shards, CancellationToken cancellationToken)
    {
        var retired = shards.Where(l => node.Book.Shards.GetValueOrDefault(l.Shard)?.State == LeaseState.Retired).ToArray();
        node.Register(shards.Except(retired));
        node.Ask();
        if (retired.Length == 0)
            return;
        var change = new LeaseChange
        {
            When = [.. retired.Select(l => new LeaseCondition(l.Shard, LeaseState.Retired, Unowned: true))],
            Set = [.. retired.Select(l => KeyValuePair.Create(l.Shard, LeaseState.Wanted))],
        };
        await TryChangeAsync(change, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a change and lets every node know. False when a condition did not hold; this node then looks.</summary>
    public Task<bool> TryChangeAsync(LeaseChange change, CancellationToken cancellationToken) =>
        node.ChangeAsync(change, cancellationToken);

    /// <summary>Waits until the cluster, as this node knows it, meets a condition; what that throws ends the wait.</summary>
    /// <exception cref="TimeoutException">It did not within <see cref="SettleMax"/>.</exception>
    public async Task UntilAsync(Func<LeaseBook, bool> condition, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(SettleMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            while (true)
            {
                var changed = node.BookChanged.Next;
                if (condition(node.Book))
                    return;
                await changed.WaitAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"It was asked for, but did not come about within {SettleMax}. Look at the status for the reason.", e);
        }
    }
}
