using System.Diagnostics.CodeAnalysis;
using Tidemark.Checkpoints;
using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>
/// The stored tokens of all shards of an event database, read together for the state sync: however many idle shards ask, one read serves
/// those that ask within its age. Safe for concurrent use.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore is never asked for its wait handle, so there is nothing to free.")]
internal sealed class StoredTokens(ICheckpointStore checkpoints, TimeSpan ageMax, TimeProvider time)
{
    private readonly SemaphoreSlim _reading = new(1);
    private Dictionary<ShardName, Checkpoint> _read = [];
    private long? _begun;

    /// <summary>
    /// The checkpoint of a shard as of a read that began after a moment; null when there is no checkpoint, or no such read is due yet.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="since">A timestamp of the clock: when the asker's own last write had ended.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async ValueTask<Checkpoint?> FindAsync(ShardName shard, long since, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_begun is not { } begun || time.GetElapsedTime(begun) >= ageMax)
            {
                var started = time.GetTimestamp();
                var all = await checkpoints.ReadAllAsync(cancellationToken).ConfigureAwait(false);
                _read = all.ToDictionary(c => c.Shard);
                _begun = started;
            }

            return _begun > since ? _read.GetValueOrDefault(shard) : null;
        }
        finally
        {
            _reading.Release();
        }
    }
}
