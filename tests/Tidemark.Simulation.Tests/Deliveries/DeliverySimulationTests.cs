namespace Tidemark.Simulation.Tests.Deliveries;

/// <summary>
/// Runs with subscriptions, each by its own seed: about 40 subscriptions a run, each followed by an append. <c>./soak.sh</c> makes 10,000.
/// </summary>
public sealed class DeliverySimulationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task What_is_appended_after_subscribing_is_delivered_whatever_fails()
    {
        var (made, repeated) = (0, 0);
        var runs = await Seeds.RunAsync(output, 60, seed => new DeliverySimulation(seed), run =>
        {
            made += run.Made;
            repeated += run.Repeated;
        });

        output.WriteLine($"{made} subscriptions, each followed by an append; {repeated} events came again");
        if (runs >= 50)
            repeated.ShouldBeGreaterThan(100);
    }
}
