using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// One run of the daemon on one event database. The loops that follow the log run while shards of it do, so that a node leaves alone the
/// databases whose shards run elsewhere.
/// </summary>
internal sealed class DatabaseRun(
    EventDatabase database, ShardHost host, NodeAgent node, Progress progress, IReadOnlyDictionary<string, GenerationKeeper> keepers,
    CancellationToken stop)
{
    private readonly Lock _gate = new();
    private CancellationTokenSource? _end;
    private bool _isOver;

    public EventDatabase Database => database;

    public ShardHost Host => host;

    public NodeAgent Node => node;

    public Progress Progress => progress;

    /// <summary>What keeps the generations of each projection.</summary>
    public IReadOnlyDictionary<string, GenerationKeeper> Keepers => keepers;

    /// <summary>Cancelled when the daemon stops.</summary>
    public CancellationToken Stop => stop;

    /// <summary>The loops that follow the log; completed while they do not run.</summary>
    public Task Loops { get; private set; } = Task.CompletedTask;

    /// <summary>Whether the loops ought to run.</summary>
    public bool Follows => _end is not null;

    /// <summary>The leases of its shards, in whatever state.</summary>
    public IEnumerable<ShardLease> Leases => node.Book.Shards.Values.Where(l => l.Shard.Database == database.Name);

    /// <summary>Follows the log from now on.</summary>
    public void Follow()
    {
        lock (_gate)
        {
            if (_end is not null || _isOver)
                return;
            var end = new CancellationTokenSource();
            _end = end;
            Loops = Task.WhenAll(
                Loops,
                Task.Run(() => database.HighWater.RunAsync(end.Token), CancellationToken.None),
                Task.Run(() => database.HighWater.ListenAsync(end.Token), CancellationToken.None));
        }
    }

    /// <summary>Leaves the log alone unless shards run.</summary>
    public void LeaveIfIdle()
    {
        lock (_gate)
        {
            if (!host.HasShards)
                Leave();
        }
    }

    /// <summary>Ends the loops for good.</summary>
    public async Task EndAsync()
    {
        lock (_gate)
        {
            _isOver = true;
            Leave();
        }

        await Loops.ConfigureAwait(false);
    }

    private void Leave()
    {
        _end?.Cancel();
        _end = null;
    }
}
