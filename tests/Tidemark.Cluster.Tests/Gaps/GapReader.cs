using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;

namespace Tidemark.Cluster.Tests.Gaps;

/// <summary>Follows the log, is restarted at random where it stood, and remembers every event it was shown.</summary>
internal sealed class GapReader(ClusterStore store, Random random)
{
    private readonly List<(long Position, Guid Id)> _seen = [];
    private Position _after;

    public int Restarts { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await using TidemarkHost host = await store.StartAsync();
            long started = TimeProvider.System.GetTimestamp();
            var life = TimeSpan.FromMilliseconds(random.Next(300, 2000));
            while (!stop.IsCancellationRequested && TimeProvider.System.GetElapsedTime(started) < life)
            {
                await ReadAsync(host);
                await Chance.PassAsync(random, 0, 10, stop);
            }

            Restarts++;
        }
    }

    /// <summary>Reads what there is.</summary>
    public async Task ReadAsync(TidemarkHost host)
    {
        await foreach (RecordedEvent e in host.Store.ReadLogAsync(_after))
        {
            e.Position.ShouldBeGreaterThan(_after);
            _after = e.Position;
            _seen.Add((e.Position.Value, e.Id));
        }
    }

    /// <summary>It saw exactly what the log holds: nothing skipped, nothing twice, nothing that is not there.</summary>
    public void Check(IReadOnlyList<LoggedEvent> log)
    {
        var logged = log.Select(e => (e.Position, e.Id)).ToArray();
        logged.Except(_seen).Take(5).ShouldBeEmpty("A reader skipped events.");
        _seen.Except(logged).Take(5).ShouldBeEmpty("A reader saw events that are not in the log.");
        _seen.Count.ShouldBe(logged.Length, "A reader saw events twice.");
    }
}
