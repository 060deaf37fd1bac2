using System.Collections.Concurrent;
using System.Data.Common;
using Tidemark.Cluster.Tests.Stores;

namespace Tidemark.Cluster.Tests.Audits;

/// <summary>
/// Looks at the checkpoints again and again while a test runs: neither an epoch nor a position ever
/// falls.
/// </summary>
internal sealed class CheckpointWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly Dictionary<string, (long Epoch, long Position)> _seen = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly ClusterStore _store;
    private readonly Task _watching;
    private long _looks;

    public CheckpointWatch(ClusterStore store)
    {
        _store = store;
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Ends the watch and says whether all was well.</summary>
    public async Task CheckAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _wrong.ShouldBeEmpty();
        _looks.ShouldBePositive();
        Chance.Say($"{_looks} looks at the checkpoints of {_seen.Count} shards; {_seen.Values.Sum(c => c.Epoch)} starts");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                foreach (object[] row in await _store.QueryAsync($"select shard, epoch, position from {_store.Checkpoints}"))
                    Compare((string)row[0], ((long)row[1], (long)row[2]));
                _looks++;
            }
            catch (DbException)
            {
                // The database is away, or busy: part of some tests.
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private void Compare(string shard, (long Epoch, long Position) now)
    {
        if (_seen.TryGetValue(shard, out var before) && (now.Epoch < before.Epoch || now.Position < before.Position))
            _wrong.Enqueue($"{shard} fell from {before} to {now}");
        _seen[shard] = now;
    }
}
