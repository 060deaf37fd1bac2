namespace Tidemark.Architecture.Tests;

public sealed class ReadmeTests
{
    [Theory]
    [InlineData("dotnet run -c Release --project samples/Flights")]
    [InlineData("./test.sh")]
    public void Readme_names_the_command(string command)
    {
        string path = Repository.PathOf("README.md");
        File.Exists(path).ShouldBeTrue("README.md is missing: it is the first page a user sees, and names the two commands to start with.");

        File.ReadAllText(path).ShouldContain(command);
    }
}
