using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Projections;
using Tidemark.Storage;
using Tidemark.Tenancy;

namespace Tidemark.Hosting;

/// <summary>
/// Keeps the shards of tenants' databases in step with the tenants: those of a new database, or of a new version of a projection, are
/// registered, and those of a database without tenants retired. Every node does it, each beginning elsewhere; what one has done the
/// others leave alone, so each opens few databases, and doing it twice does no harm.
/// </summary>
internal sealed partial class DatabaseKeeper(
    TenantDirectory tenants, IReadOnlyList<Projection> projections, NodeAgent node, ShardHosts hosts, HighWaterAgent hints,
    TimeProvider time, ILogger logger)
{
    private const int AtOnce = 4;

    private readonly KeeperLoop _loop = new(node, hints, time);
    private readonly ShardStates _states = new(node, time);
    private readonly ConcurrentDictionary<string, string> _problems = new(StringComparer.Ordinal);

    /// <summary>Databases that could not be opened, and why.</summary>
    public IReadOnlyDictionary<string, string> Problems => _problems;

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(KeepAsync, LogNotKept, cancellationToken);

    private async Task<bool> KeepAsync(CancellationToken cancellationToken)
    {
        // The book first: a database that it names then is in the directory by now, unless its tenants were removed.
        var book = node.Book;
        await tenants.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var served = tenants.Databases;
        await RetireAsync(book, served, cancellationToken).ConfigureAwait(false);
        foreach (var gone in _problems.Keys.Where(d => !served.Contains(d)))
            _problems.TryRemove(gone, out _);
        var missing = served.Where(d => IsMissing(node.Book, d)).OrderBy(Turn).ToArray();
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(missing, options, TryPrepareAsync).ConfigureAwait(false);
        return _problems.IsEmpty;
    }

    // Each node has an order of its own, so that several share the work.
    private int Turn(string database) => HashCode.Combine(node.Id, database);

    private bool IsMissing(LeaseBook book, string database) => projections.Any(p => !book.Shards.Values.Any(
        l => l.Shard.Database == database && l.Shard.Projection == p.Name && l.Version >= p.Version && l.State != LeaseState.Retired));

    private async ValueTask TryPrepareAsync(string database, CancellationToken cancellationToken)
    {
        if (!IsMissing(node.Book, database))
            return;
        try
        {
            var run = hosts.Of(database);
            await run.Host.GetReadyAsync(cancellationToken).ConfigureAwait(false);
            var stored = await run.Database.Storage.Checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
            var shards = new List<ShardLease>();
            foreach (var keeper in run.Keepers.Values)
                shards.AddRange(await keeper.PrepareAsync(run.Host.Generations, stored, cancellationToken).ConfigureAwait(false));
            await run.Host.RefreshAsync(cancellationToken).ConfigureAwait(false);
            await _states.RegisterAsync(shards, cancellationToken).ConfigureAwait(false);
            _problems.TryRemove(database, out _);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (_problems.TryAdd(database, e.Message))
                LogNotPrepared(database, e);
        }
    }

    private async Task RetireAsync(LeaseBook book, IReadOnlySet<string> served, CancellationToken cancellationToken)
    {
        ShardName[] gone =
        [
            .. book.Shards.Values.Where(l => l.State != LeaseState.Retired).Select(l => l.Shard)
                .Where(s => s.Database != StorageContext.MainDatabase && !served.Contains(s.Database)),
        ];
        if (gone.Length == 0)
            return;
        var change = new LeaseChange { Set = [.. gone.Select(s => KeyValuePair.Create(s, LeaseState.Retired))] };
        if (await node.ChangeAsync(change, cancellationToken).ConfigureAwait(false))
        {
            foreach (var (database, shards) in gone.CountBy(s => s.Database, StringComparer.Ordinal))
                LogRetired(database, shards);
        }
    }

    [LoggerMessage(EventId = 1451, Level = LogLevel.Warning, Message = "Tenants could not be looked at; trying again.")]
    private partial void LogNotKept(Exception error);

    [LoggerMessage(EventId = 1452, Level = LogLevel.Warning, Message = "Event database {Database} could not be opened, so its shards do " +
        "not run yet; trying again until they do.")]
    private partial void LogNotPrepared(string database, Exception error);

    [LoggerMessage(EventId = 1453, Level = LogLevel.Information, Message = "Event database {Database} has no tenants any more: " +
        "its {Shards} shard(s) are retired.")]
    private partial void LogRetired(string database, int shards);
}
