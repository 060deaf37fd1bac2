using Flights.Stores;

namespace Tidemark.Samples.Tests.Flights;

public sealed class FlightsProgramTests
{
    private const int Widest = 100;

    [Fact]
    public async Task Program_shows_the_week_in_plain_text_of_100_columns_and_again_at_the_second_run()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("flights.db");
        var (exitCode, output) = await Sample.RunAsync("Flights", "--file", file, "--flights", "6000");
        exitCode.ShouldBe(0, output);
        output.ShouldContain("Stored 12,000 events of 6,000 flights");
        output.ShouldContain("6 projections applied 60,000 events");
        output.ShouldContain("6,000 flights on");
        output.ShouldContain("The busiest airports");
        output.ShouldContain("Folded at version 1: no news yet.");
        output.ShouldContain($"--file {file}");
        output.ShouldNotContain("\u001b");
        var lines = output.Split('\n').Select(l => l.TrimEnd()).Where(l => !l.Contains(file, StringComparison.Ordinal));
        lines.ShouldAllBe(l => l.Length <= Widest);

        (exitCode, output) = await Sample.RunAsync("Flights", "--file", file, "--flights", "6000");
        exitCode.ShouldBe(0, output);
        output.ShouldContain("All 6,000 flights were stored before; nothing was stored twice.");
        output.ShouldContain("All 6 projections were up to date.");
    }

    [Fact]
    public async Task Reset_removes_the_samples_own_file_and_leaves_others_alone()
    {
        using var folder = new TemporaryFolder();
        var own = new SqlitePlace(folder.File("flights.db"));
        await (await FlightsStore.OpenAsync(own, CancellationToken.None)).DisposeAsync();
        await own.ResetAsync(CancellationToken.None);
        File.Exists(folder.File("flights.db")).ShouldBeFalse();

        await File.WriteAllTextAsync(folder.File("letter.txt"), "Dear reader, this is no database.");
        var (exitCode, output) = await Sample.RunAsync("Flights", "--reset", "--file", folder.File("letter.txt"));
        exitCode.ShouldBe(1);
        output.ShouldContain("was not made by this sample");
        File.Exists(folder.File("letter.txt")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("Is the server running", "--postgres", "Host=127.0.0.1;Port=1;Username=nobody")]
    [InlineData("--flights is none", "--flights", "none")]
    [InlineData("exclude each other", "--postgres", "Host=localhost", "--file", "flights.db")]
    public async Task Program_says_what_is_wrong_and_ends_with_1(string message, params string[] arguments)
    {
        var (exitCode, output) = await Sample.RunAsync("Flights", arguments);
        exitCode.ShouldBe(1);
        output.ShouldContain(message);
    }
}
