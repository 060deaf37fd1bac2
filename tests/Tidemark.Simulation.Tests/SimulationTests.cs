using System.Diagnostics;
using System.Globalization;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>
/// Some hundred runs, each by its own seed. TIDEMARK_SEED=n makes the one run with seed n; TIDEMARK_RUNS says how many runs there are
/// without it.
/// The seed decides what happens and which calls fail; how threads interleave is up to the machine.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Node_that_suffers_all_kinds_of_faults_applies_each_event_exactly_once()
    {
        var given = Environment.GetEnvironmentVariable("TIDEMARK_SEED");
        var first = string.IsNullOrEmpty(given) ? Random.Shared.Next(1_000_000) : int.Parse(given, CultureInfo.InvariantCulture);
        var runs = string.IsNullOrEmpty(given)
            ? int.Parse(Environment.GetEnvironmentVariable("TIDEMARK_RUNS") ?? "200", CultureInfo.InvariantCulture) : 1;
        var watch = Stopwatch.StartNew();
        var (faults, events, deadLetters) = (0, 0, 0);
        for (var seed = first; seed < first + runs; seed++)
        {
            await using var simulation = new Simulation(seed);
            try
            {
                await simulation.RunAsync().WaitAsync(Deadlines.Max);
            }
            catch (Exception e)
            {
                output.WriteLine($"TIDEMARK_SEED={seed} fails in {simulation.Where}: {e.Message}");
                throw new InvalidOperationException($"TIDEMARK_SEED={seed} fails: {e.GetType().Name}: {e.Message}", e);
            }

            faults += simulation.Faults;
            events += simulation.Events;
            deadLetters += simulation.DeadLetters;
        }

        output.WriteLine(
            $"Seeds {first} to {first + runs - 1}: {events} events, {faults} faults, {deadLetters} dead letters, "
            + $"{watch.Elapsed.TotalSeconds:F1} s");
        if (runs > 50)
        {
            faults.ShouldBeGreaterThan(runs);
            deadLetters.ShouldBeGreaterThan(runs);
        }
    }
}
