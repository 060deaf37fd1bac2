using System.Diagnostics;
using System.Globalization;

namespace Tidemark.Simulation.Tests;

/// <summary>
/// Runs by seed. TIDEMARK_SEED=n makes the one run with seed n; TIDEMARK_RUNS says how many runs there are without it.
/// The seed decides what happens and which calls fail; how threads interleave is up to the machine.
/// </summary>
internal static class Seeds
{
    // A run takes a second at most; on a machine that does other work, much longer.
    private static readonly TimeSpan RunMax = TimeSpan.FromMinutes(2);

    /// <summary>Makes the runs one after the other and returns how many there were; the first that fails says its seed.</summary>
    /// <param name="output">Where the seeds go.</param>
    /// <param name="countByDefault">How many runs, unless the environment says so.</param>
    /// <param name="make">Makes the run of a seed.</param>
    /// <param name="add">Takes a run's figures, after it held.</param>
    public static async Task<int> RunAsync<TRun>(ITestOutputHelper output, int countByDefault, Func<int, TRun> make, Action<TRun> add)
        where TRun : SimulatedRun
    {
        var watch = Stopwatch.StartNew();
        var given = Number("TIDEMARK_SEED");
        var first = given ?? Random.Shared.Next(1_000_000);
        var count = given is null ? Number("TIDEMARK_RUNS") ?? countByDefault : 1;
        for (var seed = first; seed < first + count; seed++)
        {
            await using var run = make(seed);
            try
            {
                await run.RunAsync().WaitAsync(RunMax);
            }
            catch (Exception e)
            {
                output.WriteLine($"TIDEMARK_SEED={seed} fails in {run.Where}: {e.Message}");
                throw new InvalidOperationException($"TIDEMARK_SEED={seed} fails: {e.GetType().Name}: {e.Message}", e);
            }

            add(run);
        }

        output.WriteLine($"Seeds {first} to {first + count - 1}, {watch.Elapsed.TotalSeconds:F1} s");
        return count;
    }

    private static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
