namespace Tidemark.Simulation.Tests;

/// <summary>Runs with tenants that share shards, each by its own seed.</summary>
public sealed class TenantSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Tenants_that_flood_and_fail_end_as_a_fresh_fold_and_nothing_twice()
    {
        var (floods, errors) = (0, 0);
        var runs = await Seeds.RunAsync(output, 100, seed => new TenantSimulation(seed), run =>
        {
            floods += run.Floods;
            errors += run.Errors;
        });

        output.WriteLine($"at {floods} looks a tenant was left behind because of a flood, at {errors} because of an error");
        if (runs > 50)
        {
            floods.ShouldBeGreaterThan(runs / 10);
            errors.ShouldBeGreaterThan(runs);
        }
    }
}
