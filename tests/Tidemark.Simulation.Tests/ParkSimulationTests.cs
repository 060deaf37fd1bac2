namespace Tidemark.Simulation.Tests;

/// <summary>Runs with parked streams, each by its own seed.</summary>
public sealed class ParkSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Parked_streams_end_as_a_fresh_fold_over_what_was_not_discarded()
    {
        var (discarded, retried) = (0, 0);
        var runs = await Seeds.RunAsync(output, 100, seed => new ParkSimulation(seed), run =>
        {
            discarded += run.Discarded;
            retried += run.Retried;
        });

        output.WriteLine($"{discarded} events discarded, {retried} streams retried at the end");
        if (runs > 50)
        {
            discarded.ShouldBeGreaterThan(runs / 10);
            retried.ShouldBeGreaterThan(runs / 2);
        }
    }
}
