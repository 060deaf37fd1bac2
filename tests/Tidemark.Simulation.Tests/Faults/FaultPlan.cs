using Tidemark.Testing;

namespace Tidemark.Simulation.Tests.Faults;

/// <summary>The database is away, or its answer got lost.</summary>
public sealed class OutageException(string what) : Exception(what);

/// <summary>
/// Decides by the seed which calls fail, before or after they took effect, and which are slow. The n-th call of a kind fares the same in
/// every run of a seed, however the threads run. What threads do in between is not part of the plan.
/// </summary>
internal sealed class FaultPlan(int seed, ManualClock clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _calls = new(StringComparer.Ordinal);
    private volatile bool _enabled;

    public int BeforePercent { get; init; } = 6;

    public int AfterPercent { get; init; } = 4;

    public int SlowPercent { get; init; } = 8;

    public bool Enabled
    {
        get => _enabled;
        set => _enabled = value;
    }

    /// <summary>How many faults were injected.</summary>
    public int Injected { get; private set; }

    /// <summary>A number from 0 to below a bound for the next call of a kind.</summary>
    public int Draw(string kind, int bound) => (int)(Next(kind) % (ulong)bound);

    public async ValueTask<T> RunAsync<T>(string kind, Func<ValueTask<T>> call, CancellationToken cancellationToken)
    {
        if (!Enabled)
            return await call();
        var fate = Draw(kind, 100);
        if (fate < SlowPercent)
            await Task.Delay(TimeSpan.FromMilliseconds(1 + Draw(kind + "/slow", 3000)), clock, cancellationToken);
        fate = Draw(kind, 100);
        if (fate < BeforePercent)
            throw Fault($"{kind} did not arrive");
        var result = await call();
        return fate >= 100 - AfterPercent ? throw Fault($"the answer to {kind} got lost") : result;
    }

    public async ValueTask RunAsync(string kind, Func<ValueTask> call, CancellationToken cancellationToken) =>
        await RunAsync(
            kind,
            async () =>
            {
                await call();
                return true;
            },
            cancellationToken);

    private OutageException Fault(string what)
    {
        lock (_gate)
            Injected++;
        return new(what);
    }

    private ulong Next(string kind)
    {
        long call;
        lock (_gate)
            _calls[kind] = call = _calls.GetValueOrDefault(kind) + 1;
        var x = (ulong)seed * 0x9E3779B97F4A7C15 + (ulong)call;
        foreach (var c in kind)
            x = (x ^ c) * 1099511628211;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
