namespace Tidemark.Samples.Tests;

public sealed class QuickStartTests
{
    [Fact]
    public async Task QuickStart_prints_what_the_README_promises()
    {
        using var folder = new TemporaryFolder();
        var (exitCode, output) = await Sample.RunAsync("QuickStart", folder.File("orders.db"));
        exitCode.ShouldBe(0, output);
        output.Trim().ShouldBe("Ada's order of 42.50 is shipped.");
    }
}
