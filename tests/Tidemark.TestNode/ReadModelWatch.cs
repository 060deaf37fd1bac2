using Tidemark.Events;
using Tidemark.TestNode.Bank;

namespace Tidemark.TestNode;

/// <summary>
/// Reads the read models again and again. A model only ever grows: whoever sees a document vanish, or count fewer events than before, has
/// seen a partial one, and tells "partial ...". At the end it tells "read COUNT".
/// </summary>
public static class ReadModelWatch
{
    private static long _reads;

    public static async Task RunAsync(EventStore store, int readers, CancellationToken stop)
    {
        await Task.WhenAll(Enumerable.Range(0, readers).Select(_ => Task.Run(() => ReadAsync(store, stop), CancellationToken.None)));
        Console.WriteLine($"read {Interlocked.Read(ref _reads)}");
    }

    private static async Task ReadAsync(EventStore store, CancellationToken stop)
    {
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!stop.IsCancellationRequested)
        {
            await CompareAsync(store.Documents<Balance>(), b => b.Events, "balance", seen);
            await CompareAsync(store.Documents<BranchTotal>(), b => b.Events, "branch", seen);
            Interlocked.Increment(ref _reads);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static async Task CompareAsync<T>(
        Projections.DocumentReader<T> documents, Func<T, long> events, string kind, Dictionary<string, long> seen)
        where T : class
    {
        var now = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach ((string key, T document) in documents.AllAsync(CancellationToken.None))
            now[$"{kind} {key}"] = events(document);
        foreach ((string key, long before) in seen.Where(s => s.Key.StartsWith(kind, StringComparison.Ordinal)))
        {
            if (now.GetValueOrDefault(key) < before)
                Console.WriteLine($"partial {key} counted {before} events, and then {now.GetValueOrDefault(key)}");
        }

        foreach ((string key, long count) in now)
            seen[key] = count;
    }
}
