using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Placement;

namespace Tidemark.Control;

/// <summary>
/// Reads the status of the cluster from the storage ports alone. Keeps the last reading, for rates, and the last plan, so that nothing is
/// placed anew while no lease changes. A database that does not answer keeps nobody from seeing the others. Safe for concurrent use.
/// </summary>
internal sealed class StatusReader(
    ILeaseStore leases, Func<CancellationToken, ValueTask<IReadOnlyList<StatusSource>>> sources, TimeProvider time)
{
    private const int LagReadsMax = 20;
    private const string BeingReplaced = "it is split or merged: shards with other slots take its place";
    private const int AtOnce = 8;

    // Long enough for a busy database, short enough for a person who waits.
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private LeaseBook _book = LeaseBook.Empty;
    private Reading _previous = new(default, new Dictionary<ShardName, Position>());

    /// <summary>Where every shard stood at a reading.</summary>
    private sealed record Reading(DateTimeOffset At, IReadOnlyDictionary<ShardName, Position> Positions);

    /// <summary>What one database showed.</summary>
    private sealed record Shown(
        ClusterDatabase Database, IReadOnlyDictionary<ShardName, Position> Positions, IReadOnlyDictionary<Position, TimeSpan> Lags)
    {
        public IReadOnlyDictionary<ShardName, IReadOnlyList<TenantBehind>> Behind { get; init; } =
            new Dictionary<ShardName, IReadOnlyList<TenantBehind>>();
    }

    public async ValueTask<ClusterStatus> ReadAsync(CancellationToken cancellationToken)
    {
        var databases = await sources(cancellationToken).ConfigureAwait(false);
        var view = await leases.ReadAsync(cancellationToken).ConfigureAwait(false);
        ShardLease[] listed = [.. view.Shards.Where(l => l.State != LeaseState.Retired)];
        var shown = new Shown[databases.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, shown.Length, options, async (i, ct) => shown[i] = await TryReadAsync(databases[i], listed, view.Now, ct)
            .ConfigureAwait(false)).ConfigureAwait(false);

        var positions = shown.SelectMany(s => s.Positions).ToDictionary();
        var byName = shown.ToDictionary(s => s.Database.Name, StringComparer.Ordinal);
        var (book, previous) = Replace(view, new Reading(view.Now, positions));
        var names = view.Nodes.ToDictionary(n => n.Id, n => n.Name);
        var shards = listed
            .OrderBy(l => l.Shard.Projection, StringComparer.Ordinal).ThenBy(l => l.Shard.Database, StringComparer.Ordinal)
            .ThenBy(l => l.Shard.Generation).ThenBy(l => l.Shard.Slots.First)
            .Select(lease => Show(lease, book, names) with { Rate = RateOf(lease.Shard, positions, view.Now, previous) })
            .Select(shard => byName.TryGetValue(shard.Shard.Database, out var database) ? Placed(shard, database) : shard);
        return new ClusterStatus(Nodes(view), [.. shards], [.. shown.Select(s => s.Database)], view.Now);
    }

    private static ClusterShard Placed(ClusterShard shard, Shown shown)
    {
        if (!shown.Positions.TryGetValue(shard.Shard, out var at))
            return shard;
        var mark = shown.Database.Mark;
        return shard with
        {
            Position = at,
            Gap = Math.Max(0, mark.Value - at.Value),
            Lag = LagOf(at, mark, shown.Lags),
            TenantsBehind = shown.Behind.GetValueOrDefault(shard.Shard, []),
        };
    }

    private async ValueTask<Shown> TryReadAsync(
        StatusSource source, IEnumerable<ShardLease> listed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(AnswerMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await ReadAsync(source, listed, now, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && !source.IsMain)
        {
            var problem = late.IsCancellationRequested ? $"it did not answer within {AnswerMax.TotalSeconds:N0} s" : e.Message;
            return new Shown(
                new ClusterDatabase(source.Database, default, default, problem), new Dictionary<ShardName, Position>(),
                new Dictionary<Position, TimeSpan>());
        }
    }

    // The mark comes first: a shard that moves meanwhile is caught up, and not ahead of the log.
    private static async ValueTask<Shown> ReadAsync(
        StatusSource source, IEnumerable<ShardLease> listed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var mark = await source.Marks.ReadAsync(Position.Beginning, cancellationToken).ConfigureAwait(false);
        var stored = (await source.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            .ToDictionary(c => c.Shard);
        var positions = listed.Where(l => l.Shard.Database == source.Database)
            .ToDictionary(l => l.Shard, l => stored.GetValueOrDefault(l.Shard)?.Position ?? Position.Beginning);
        var lags = await ReadLagsAsync(source.Log, positions.Values, mark.Mark, now, cancellationToken).ConfigureAwait(false);
        return new Shown(new ClusterDatabase(source.Database, mark.Mark, mark.Last, null), positions, lags)
        {
            Behind = stored.Where(c => c.Value.Behind.Count > 0).ToDictionary(c => c.Key, c => c.Value.Behind),
        };
    }

    // Nodes that expired do not own anything any more; for the plan they are not there.
    private (LeaseBook Book, Reading Previous) Replace(LeaseView view, Reading reading)
    {
        var alive = view with { Nodes = [.. view.Nodes.Where(n => n.ExpiresAt > view.Now)], IsComplete = true };
        lock (_gate)
        {
            var same = _book.Change == view.Change && _book.Shards.Count == view.Shards.Count;
            _book = _book.With(same ? alive with { Shards = [], IsComplete = false } : alive);
            var previous = _previous;
            if (reading.At > previous.At)
                _previous = reading;
            return (_book, previous);
        }
    }

    private static IReadOnlyList<ClusterNode> Nodes(LeaseView view)
    {
        var owned = view.Shards.Where(l => l.Owner is not null).CountBy(l => l.Owner!.Value).ToDictionary();
        return
        [
            .. view.Nodes.Select(n => new ClusterNode(
                    n.Id, n.Name, StateOf(n, view.Now), owned.GetValueOrDefault(n.Id), n.ShardsMax, n.StartedAt, n.ExpiresAt))
                .OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.StartedAt),
        ];
    }

    private static string StateOf(Node node, DateTimeOffset now) =>
        node.ExpiresAt <= now ? ClusterNode.Expired : node.State == NodeState.Draining ? ClusterNode.Draining : ClusterNode.Active;

    private static ClusterShard Show(ShardLease lease, LeaseBook book, Dictionary<Guid, string> names)
    {
        var owner = book.OwnerOf(lease);
        var (state, reason) = owner is { } living ? Owned(lease, living, book, names) : NotOwned(lease, book, names);
        return new ClusterShard(
            lease.Shard, state, owner is { } id ? names[id] : null, owner, lease.Epoch, Position: null, Gap: null, Rate: null, Lag: null,
            lease.Problem, reason);
    }

    private static (string State, string? Reason) Owned(ShardLease lease, Guid owner, LeaseBook book, Dictionary<Guid, string> names)
    {
        if (lease.State == LeaseState.Paused)
            return (ClusterShard.Draining, "an operator has paused it");
        if (lease.State == LeaseState.Replacing)
            return (ClusterShard.Draining, BeingReplaced);
        if (book.Plan.Placed.TryGetValue(lease.Shard, out var node) && node != owner)
            return (ClusterShard.Draining, $"it moves to node {names[node]}");
        if (book.Plan.Unplaced.TryGetValue(lease.Shard, out var why))
            return (ClusterShard.Draining, why);
        return (lease.Problem is null ? ClusterShard.Running : ClusterShard.PausedAfterError, null);
    }

    private static (string State, string? Reason) NotOwned(ShardLease lease, LeaseBook book, Dictionary<Guid, string> names)
    {
        if (lease.State == LeaseState.Paused)
            return (ClusterShard.PausedByOperator, null);
        if (lease.State == LeaseState.Replacing)
            return (ClusterShard.Draining, BeingReplaced);
        var gone = lease.Owner is { } former ? $"node {names.GetValueOrDefault(former, former.ToString())} is no longer alive; " : "";
        return (ClusterShard.Unowned, gone + (book.Plan.Placed.TryGetValue(lease.Shard, out var node)
            ? $"node {names[node]} is to take it"
            : book.Plan.Unplaced.GetValueOrDefault(lease.Shard, "no node has taken it yet")));
    }

    private static double? RateOf(
        ShardName shard, Dictionary<ShardName, Position> positions, DateTimeOffset now, Reading previous)
    {
        if (now <= previous.At || !positions.TryGetValue(shard, out var position)
            || !previous.Positions.TryGetValue(shard, out var before) || position < before)
        {
            return null;
        }

        return (position.Value - before.Value) / (now - previous.At).TotalSeconds;
    }

    private static async ValueTask<Dictionary<Position, TimeSpan>> ReadLagsAsync(
        IEventLog log, IEnumerable<Position> positions, Position mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var lags = new Dictionary<Position, TimeSpan>();
        foreach (var position in positions.Where(p => p < mark).Distinct().Order().Take(LagReadsMax))
        {
            var read = new LogRead(position, mark, LogFilter.All, EventsMax: 1, BytesMax: 1);
            var page = await log.ReadAsync(read, cancellationToken).ConfigureAwait(false);
            var lag = page.Events is [var oldest, ..] ? now - oldest.RecordedAt : TimeSpan.Zero;
            lags[position] = lag > TimeSpan.Zero ? lag : TimeSpan.Zero;
        }

        return lags;
    }

    private static TimeSpan? LagOf(Position position, Position mark, IReadOnlyDictionary<Position, TimeSpan> lags) =>
        position >= mark ? TimeSpan.Zero : lags.TryGetValue(position, out var lag) ? lag : null;
}
