namespace Tidemark.Simulation.Tests;

/// <summary>Some hundred runs, each by its own seed.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Node_that_suffers_all_kinds_of_faults_applies_each_event_exactly_once()
    {
        var (faults, events, deadLetters) = (0, 0, 0);
        var runs = await Seeds.RunAsync(output, 200, seed => new Simulation(seed), run =>
        {
            faults += run.Faults;
            events += run.Events;
            deadLetters += run.DeadLetters;
        });

        output.WriteLine($"{events} events, {faults} faults, {deadLetters} dead letters");
        if (runs > 50)
        {
            faults.ShouldBeGreaterThan(runs);
            deadLetters.ShouldBeGreaterThan(runs);
        }
    }
}
