using System.Collections.Concurrent;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Outages;

/// <summary>Appends from several tasks, and repeats an append that got no answer with the same ids until it gets one.</summary>
internal sealed class Load : IDisposable
{
    private const int Streams = 20;

    private readonly ConcurrentQueue<Acknowledged> _acknowledged = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly EventStore _store;
    private readonly Task _writing;
    private int _unanswered;
    private int _storedBefore;

    private Load(EventStore store, int seed, int writers, int pauseMilliseconds)
    {
        _store = store;
        CancellationToken stop = _stop.Token;
        _writing = Task.WhenAll(Enumerable.Range(0, writers).Select(
            w => Task.Run(() => WriteAsync(new Random(seed + w), pauseMilliseconds, stop))));
    }

    public IReadOnlyCollection<Acknowledged> Acknowledged => _acknowledged;

    /// <summary>How many appends failed with an unknown outcome so far.</summary>
    public int Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>How many of those turned out to be stored when they were repeated.</summary>
    public int StoredBefore => Volatile.Read(ref _storedBefore);

    /// <summary>Begins to append.</summary>
    /// <param name="store">Where to.</param>
    /// <param name="seed">Settles what.</param>
    /// <param name="writers">How many tasks.</param>
    /// <param name="pauseMilliseconds">How long each waits between two appends, at least; at most twice that.</param>
    public static Load Start(EventStore store, int seed, int writers = 8, int pauseMilliseconds = 0) =>
        new(store, seed, writers, pauseMilliseconds);

    /// <summary>Ends when every append that was begun has its answer.</summary>
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await _writing;
    }

    /// <summary>Begins no more appends. What is under way is not awaited: its database may be gone for good.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>Waits until so many more appends were acknowledged.</summary>
    public async Task ProgressAsync(int appends)
    {
        int target = _acknowledged.Count + appends;
        await Eventually.TrueAsync(() => _acknowledged.Count >= target, $"{appends} more appends are acknowledged");
    }

    private async Task WriteAsync(Random random, int pauseMilliseconds, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            NewEvent[] events = [.. Enumerable.Range(0, random.Next(1, 4))
                .Select(_ => new NewEvent(BankSetup.RandomEvent(random)) { Id = Guid.CreateVersion7() })];
            string stream = $"account-{random.Next(Streams)}";
            AppendResult result = await AppendUntilAnsweredAsync(stream, events);
            _acknowledged.Enqueue(new Acknowledged(stream, result.First, [.. events.Select(e => e.Id!.Value)]));
            if (pauseMilliseconds > 0)
                await Chance.PassAsync(random, pauseMilliseconds, 2 * pauseMilliseconds, stop);
        }
    }

    private async Task<AppendResult> AppendUntilAnsweredAsync(string stream, NewEvent[] events)
    {
        while (true)
        {
            try
            {
                AppendResult result = await _store.AppendAsync(stream, ExpectedVersion.Any, events);
                if (result.WasStoredBefore)
                    Interlocked.Increment(ref _storedBefore);
                return result;
            }
            catch (AppendFailedException error)
            {
                error.IsTransient.ShouldBeTrue();
                error.EventIds.ShouldBe(events.Select(e => e.Id!.Value));
                Interlocked.Increment(ref _unanswered);
            }
        }
    }
}
