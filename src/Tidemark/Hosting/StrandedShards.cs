using Microsoft.Extensions.Logging;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Placement;

namespace Tidemark.Hosting;

/// <summary>
/// Shards that were to be replaced, by a command that ended in between: somebody fenced them, or did the same. Nobody would run them. The
/// checkpoints, which are replaced in one transaction, say how far it came: those that are still there go on, and where others have taken
/// their slots, these run. Every node may do it; the conditions of the change, and the epochs, let one of them through.
/// </summary>
internal sealed partial class StrandedShards(NodeAgent node, ShardHosts hosts, ShardStates states, TimeProvider time, ILogger logger)
{
    // Whoever is at it shows a command, at the latest when its node has been given up.
    private static readonly TimeSpan StrandedAfter = TimeSpan.FromSeconds(10);

    private readonly Dictionary<ShardName, long> _since = [];

    /// <summary>Whether there are shards that are being replaced.</summary>
    public bool Any => node.Book.Shards.Values.Any(l => l.State == LeaseState.Replacing);

    /// <summary>Looks after those that no command is about.</summary>
    /// <param name="busy">Names of projections and subscriptions that open commands are about.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task TendAsync(IReadOnlySet<string> busy, CancellationToken cancellationToken)
    {
        var leases = node.Book.Shards.Values.Where(l => l.State == LeaseState.Replacing && !busy.Contains(l.Shard.Projection)).ToArray();
        foreach (var gone in _since.Keys.Except(leases.Select(l => l.Shard)).ToArray())
            _since.Remove(gone);
        foreach (var lease in leases)
            _since.TryAdd(lease.Shard, time.GetTimestamp());
        foreach (var model in leases.Where(IsStranded).GroupBy(l => (l.Shard.Projection, l.Shard.Generation, l.Shard.Database)))
            await FinishAsync(model.First().Shard, cancellationToken).ConfigureAwait(false);
    }

    private bool IsStranded(ShardLease lease) =>
        hosts.IsKnown(lease.Shard.Database) && time.GetElapsedTime(_since[lease.Shard]) >= StrandedAfter;

    private async Task FinishAsync(ShardName one, CancellationToken cancellationToken)
    {
        // The book first: what was replaced since then changes it, and the change is refused.
        var book = node.Book;
        var run = hosts.Of(one.Database);
        await run.Database.OpenAsync(cancellationToken).ConfigureAwait(false);
        var all = await run.Database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        var stored = all.Where(c => IsBeside(c.Shard, one)).ToDictionary(c => c.Shard);
        var former = book.Shards.Values
            .Where(l => IsBeside(l.Shard, one) && l.State is LeaseState.Replacing or LeaseState.Paused).ToArray();
        var replaced = former.Where(l => !stored.ContainsKey(l.Shard)).ToArray();
        var back = former.Where(l => l.State == LeaseState.Replacing && stored.ContainsKey(l.Shard)).ToArray();
        var made = replaced.Length == 0
            ? []
            : stored.Values.Where(c => book.Shards.GetValueOrDefault(c.Shard) is null or { State: LeaseState.Retired }).ToArray();
        var change = new LeaseChange
        {
            When =
            [
                .. replaced.Select(l => new LeaseCondition(l.Shard, l.State, Unowned: true)),
                .. back.Select(l => new LeaseCondition(l.Shard, l.State, Unowned: false)),
            ],
            Set =
            [
                .. replaced.Select(l => KeyValuePair.Create(l.Shard, LeaseState.Retired)),
                .. back.Select(l => KeyValuePair.Create(l.Shard, LeaseState.Wanted)),
            ],
            Add = [.. made.Select(c => Make(c, former, book))],
        };
        if (await states.TryChangeAsync(change, cancellationToken).ConfigureAwait(false))
            LogFinished(one.Projection, one.Database, back.Length, replaced.Length, made.Length);
    }

    private static ShardLease Make(Checkpoint stored, ShardLease[] former, LeaseBook book) => former[0] with
    {
        Shard = stored.Shard,
        State = Relayout.StateOf(stored.Shard, former),
        Owner = null,
        Epoch = new Epoch(Math.Max(stored.Epoch.Value, book.Shards.GetValueOrDefault(stored.Shard)?.Epoch.Value ?? 0)),
        Pin = null,
        Problem = null,
    };

    private static bool IsBeside(ShardName shard, ShardName other) =>
        (shard.Projection, shard.Generation, shard.Database) == (other.Projection, other.Generation, other.Database);

    [LoggerMessage(EventId = 1471, Level = LogLevel.Warning, Message = "Shards of {Projection} on {Database} were to be replaced, and no " +
        "command did it: {Back} go(es) on as before; {Replaced} had been replaced by {Made}, which run(s) now.")]
    private partial void LogFinished(string projection, string database, int back, int replaced, int made);
}
