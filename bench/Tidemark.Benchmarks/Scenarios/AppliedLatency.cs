using System.Diagnostics;
using Tidemark.Benchmarks.Measuring;
using Tidemark.Benchmarks.Workload;
using Tidemark.Events;
using Tidemark.Hosting;

namespace Tidemark.Benchmarks.Scenarios;

/// <summary>Appends at a steady pace, and how long after each append its effect is committed.</summary>
/// <param name="host">The store; its daemon runs the projection.</param>
/// <param name="projection">The projection that is waited for.</param>
/// <param name="firstStream">The first stream to append to.</param>
/// <param name="startVersion">The version that every stream has.</param>
internal sealed class AppliedLatency(TidemarkHost host, string projection, int firstStream = 0, long startVersion = 0)
{
    /// <summary>Long enough for the paths to be compiled with optimization, which takes a second or two of CPU.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);
    private readonly long[] _versions = [.. Enumerable.Repeat(startVersion, Orders.Streams)];
    private int _next = firstStream;

    /// <summary>From the call of the append to its answer.</summary>
    public Histogram Acknowledged { get; } = new();

    /// <summary>From the answer to the commit of the projection.</summary>
    public Histogram Applied { get; } = new();

    /// <summary>From the call to the commit of the projection.</summary>
    public Histogram FromCall { get; } = new();

    /// <summary>How many appends were made.</summary>
    public int Appends { get; private set; }

    /// <summary>Runs for a while without measuring, so that the code is compiled, and goes on from there.</summary>
    public static async Task<AppliedLatency> WarmAsync(TidemarkHost host, string projection, TimeSpan duration, long startVersion = 0)
    {
        var warm = new AppliedLatency(host, projection, startVersion: startVersion);
        await warm.RunAsync(duration).ConfigureAwait(false);
        return warm.GoOn();
    }

    /// <summary>One that goes on where this has stopped, with nothing measured yet.</summary>
    public AppliedLatency GoOn()
    {
        var next = new AppliedLatency(host, projection) { _next = _next };
        _versions.CopyTo(next._versions, 0);
        return next;
    }

    /// <summary>Appends for a while, an event each 20 ms, whether the earlier ones are applied or not.</summary>
    public Task RunAsync(TimeSpan duration) => RunAsync(duration, Task.Delay(System.Threading.Timeout.Infinite));

    /// <summary>The same, at most until a task has ended.</summary>
    public async Task RunAsync(TimeSpan duration, Task until)
    {
        var waits = new List<Task<(TimeSpan Acknowledged, TimeSpan FromCall)>>();
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Pace);
        while (Stopwatch.GetElapsedTime(started) < duration && !until.IsCompleted)
        {
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
            waits.Add(OneAsync(_next++ % Orders.Streams));
        }

        foreach (var (acknowledged, fromCall) in await Task.WhenAll(waits).ConfigureAwait(false))
        {
            Acknowledged.Add(acknowledged);
            FromCall.Add(fromCall);
            Applied.Add(fromCall - acknowledged);
        }

        Appends = waits.Count;
    }

    private async Task<(TimeSpan Acknowledged, TimeSpan FromCall)> OneAsync(int stream)
    {
        var version = _versions[stream]++;
        object[] events = [Orders.Event(version + 1, stream)];
        var called = Stopwatch.GetTimestamp();
        var result = await host.Store.AppendAsync(Orders.Stream(stream), ExpectedVersion.Exactly(version), events).ConfigureAwait(false);
        var acknowledged = Stopwatch.GetElapsedTime(called);
        await host.Daemon.WaitForAsync(projection, result.Last, Timeout).ConfigureAwait(false);
        return (acknowledged, Stopwatch.GetElapsedTime(called));
    }
}
