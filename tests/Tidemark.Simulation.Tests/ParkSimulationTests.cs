using System.Globalization;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>Runs with parked streams, each by its own seed; TIDEMARK_SEED and TIDEMARK_RUNS as for <see cref="SimulationTests"/>.</summary>
public sealed class ParkSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Parked_streams_end_as_a_fresh_fold_over_what_was_not_discarded()
    {
        var given = Environment.GetEnvironmentVariable("TIDEMARK_SEED");
        var first = string.IsNullOrEmpty(given) ? Random.Shared.Next(1_000_000) : int.Parse(given, CultureInfo.InvariantCulture);
        var runs = string.IsNullOrEmpty(given)
            ? int.Parse(Environment.GetEnvironmentVariable("TIDEMARK_RUNS") ?? "100", CultureInfo.InvariantCulture) : 1;
        var (discarded, retried) = (0, 0);
        for (var seed = first; seed < first + runs; seed++)
        {
            await using var simulation = new ParkSimulation(seed);
            try
            {
                await simulation.RunAsync().WaitAsync(Deadlines.Max);
            }
            catch (Exception e)
            {
                output.WriteLine($"TIDEMARK_SEED={seed} fails in {simulation.Where}: {e.Message}");
                throw new InvalidOperationException($"TIDEMARK_SEED={seed} fails: {e.GetType().Name}: {e.Message}", e);
            }

            discarded += simulation.Discarded;
            retried += simulation.Retried;
        }

        output.WriteLine($"Seeds {first} to {first + runs - 1}: {discarded} events discarded, {retried} streams retried at the end");
        if (runs > 50)
        {
            discarded.ShouldBeGreaterThan(runs / 10);
            retried.ShouldBeGreaterThan(runs / 2);
        }
    }
}
