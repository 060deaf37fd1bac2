using Flights.Stores;

namespace Tidemark.Samples.Tests.Flights;

public sealed class FlightsNodesTests
{
    [Fact]
    public async Task Three_nodes_of_which_one_is_killed_and_started_again_show_the_figures_of_a_single_node()
    {
        const int flights = 12_000;
        using var folder = new TemporaryFolder();
        var place = new SqlitePlace(folder.File("nodes.db"));
        var (exitCode, output) = await Sample.RunAsync(
            "Flights", "--nodes", "3", "--file", folder.File("nodes.db"), "--flights", $"{flights}");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("Starting 3 nodes");
        output.ShouldMatch(@"Killing node-2 \(SIGKILL\) with its [1-9] shards");
        output.ShouldContain("The other nodes run them");
        output.ShouldContain("It has its part again");
        output.ShouldNotContain("\u001b");
        await using var store = await FlightsStore.OpenAsync(place, CancellationToken.None);
        (await Playback.CountEventsAsync(store)).Flights.ShouldBe(2 * flights);
        await Playback.ShouldAgreeAsync(store, new Week(flights));

        var (_, single) = await Sample.RunAsync("Flights", "--file", folder.File("single.db"), "--flights", $"{flights}");
        ReportOf(output).ShouldBe(ReportOf(single));
    }

    [Fact]
    public async Task Number_of_nodes_out_of_its_range_is_refused()
    {
        var (exitCode, output) = await Sample.RunAsync("Flights", "--nodes", "1");
        exitCode.ShouldBe(1);
        output.ShouldContain("it must be a number from 2 to 8");
    }

    // What the projections found; positions in the log differ from run to run.
    private static string[] ReportOf(string output) =>
    [
        .. output.Split('\n').SkipWhile(l => !l.Contains("The sky over the USA", StringComparison.Ordinal))
            .TakeWhile(l => !l.Contains("Folded at version", StringComparison.Ordinal))
            .Where(l => !l.Contains("position", StringComparison.Ordinal)),
    ];
}
