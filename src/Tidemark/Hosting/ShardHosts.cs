using System.Collections.Concurrent;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.Hosting;

/// <summary>Runs the shards that this node owns, each by the host of its event database.</summary>
internal sealed class ShardHosts(
    IEnumerable<Projection> projections, IEnumerable<Capability> subscriptions, HostedShards hosted) : IShardHost
{
    // The node stays the shard's owner, so that the status names what is wrong.
    private static readonly ShardProblem Unknown = new(
        nameof(ErrorCategory.Start),
        "The node that owns it was not told of databases for tenants. Say UseTenantDatabases in its AddTidemark, as in the others'.",
        new DateTimeOffset(9999, 12, 31, 0, 0, 0, TimeSpan.Zero));

    private readonly ConcurrentDictionary<string, Lazy<DatabaseRun>> _runs = new(StringComparer.Ordinal);
    private LeaseBook _book = LeaseBook.Empty;

    /// <summary>Whether this process knows where a database is.</summary>
    public Func<string, bool> IsKnown { get; set; } = _ => true;

    /// <summary>Makes what runs the shards of a database; called once for each.</summary>
    public Func<string, DatabaseRun> Make { get; set; } = _ => throw new InvalidOperationException("Not set up yet.");

    /// <inheritdoc />
    public IReadOnlyList<Capability> Capabilities { get; } =
        [.. projections.Select(p => new Capability(p.Name, p.Version)), .. subscriptions];

    /// <inheritdoc />
    public IReadOnlyDictionary<ShardName, Epoch> Running => hosted.Epochs;

    /// <inheritdoc />
    public bool HasRaises => !hosted.Raises.IsEmpty;

    /// <summary>The databases that this node has had to do with.</summary>
    public IEnumerable<DatabaseRun> Runs => _runs.Values.Where(r => r.IsValueCreated).Select(r => r.Value);

    /// <summary>What runs the shards of a database.</summary>
    public DatabaseRun Of(string database) =>
        _runs.GetOrAdd(database, name => new Lazy<DatabaseRun>(() => Make(name))).Value;

    /// <inheritdoc />
    public void Start(ShardLease lease, int shardsHere)
    {
        if (!IsKnown(lease.Shard.Database))
        {
            hosted.Epochs[lease.Shard] = lease.Epoch;
            return;
        }

        var run = Of(lease.Shard.Database);
        run.Host.Start(lease, shardsHere);
        run.Follow();
    }

    /// <inheritdoc />
    public Task StopAsync(ShardName shard)
    {
        if (IsKnown(shard.Database))
            return Of(shard.Database).Host.StopAsync(shard);
        hosted.Epochs.TryRemove(shard, out _);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public ShardProblem? ProblemOf(ShardName shard) => IsKnown(shard.Database) ? Of(shard.Database).Host.ProblemOf(shard) : Unknown;

    /// <inheritdoc />
    public IReadOnlyList<KeyValuePair<ShardName, Epoch>> TakeRaises() => hosted.TakeRaises();

    /// <inheritdoc />
    public void Changed(LeaseBook book)
    {
        var former = _book;
        _book = book;
        var changed = ChangedDatabases(former, book);
        foreach (var run in Runs.Where(r => changed.Contains(r.Database.Name)))
            run.Host.Changed();
    }

    // A lease that changed is another object.
    private static HashSet<string> ChangedDatabases(LeaseBook former, LeaseBook book)
    {
        var changed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (shard, lease) in book.Shards)
        {
            if (!former.Shards.TryGetValue(shard, out var before) || !ReferenceEquals(before, lease))
                changed.Add(shard.Database);
        }

        foreach (var shard in former.Shards.Keys)
        {
            if (!book.Shards.ContainsKey(shard))
                changed.Add(shard.Database);
        }

        return changed;
    }
}
