using System.Collections.Concurrent;
using Tidemark.Cluster.Tests.Nodes;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Outages;

/// <summary>Appends from several tasks, and repeats an append that got no answer with the same ids until it gets one.</summary>
/// <param name="store">Where to.</param>
/// <param name="seed">Settles what.</param>
/// <param name="writers">How many tasks.</param>
/// <param name="pauseMilliseconds">How long each waits between two appends.</param>
internal sealed class Load(EventStore store, int seed, int writers = 8, int pauseMilliseconds = 0)
{
    private const int Streams = 20;

    private readonly ConcurrentQueue<Acknowledged> _acknowledged = new();
    private int _unanswered;
    private int _storedBefore;

    public IReadOnlyCollection<Acknowledged> Acknowledged => _acknowledged;

    /// <summary>How many appends failed with an unknown outcome so far.</summary>
    public int Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>How many of those turned out to be stored when they were repeated.</summary>
    public int StoredBefore => Volatile.Read(ref _storedBefore);

    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, writers).Select(w => Task.Run(() => WriteAsync(new Random(seed + w), stop))));

    /// <summary>Waits until so many more appends were acknowledged.</summary>
    public async Task ProgressAsync(int appends)
    {
        int target = _acknowledged.Count + appends;
        await Eventually.TrueAsync(() => _acknowledged.Count >= target, $"{appends} more appends are acknowledged");
    }

    private async Task WriteAsync(Random random, CancellationToken stop)
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
                AppendResult result = await store.AppendAsync(stream, ExpectedVersion.Any, events);
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
