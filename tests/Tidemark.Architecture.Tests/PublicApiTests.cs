using System.Reflection;
using Tidemark.Architecture.Tests.PublicApi;

namespace Tidemark.Architecture.Tests;

public sealed class PublicApiTests
{
    private const string ApproveVariable = "TIDEMARK_APPROVE";

    public static TheoryData<string> Packages => [.. Repository.Packages];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Public_api_is_the_approved_one(string package)
    {
        string received = PublicApiText.Of(Assembly.Load(AssemblyNameOf(package)));
        string path = Repository.PathOf("src", package, "PublicApi.txt");
        if (Environment.GetEnvironmentVariable(ApproveVariable) == "1")
            File.WriteAllText(path, received);

        string approved = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        if (approved == received)
            return;

        string copy = Path.Combine(AppContext.BaseDirectory, $"{package}.PublicApi.received.txt");
        File.WriteAllText(copy, received);
        Assert.Fail(
            $"""
            The public API of {package} is not the approved one in {Repository.Display(path)}.
            {Difference(approved, received)}
            The whole new text: {copy}
            If this is meant: TIDEMARK_APPROVE=1 ./test.sh Architecture, and commit it with a line in CHANGELOG.md.
            """);
    }

    private static string AssemblyNameOf(string package)
    {
        string project = File.ReadAllText(Repository.PathOf("src", package, package + ".csproj"));
        const string open = "<AssemblyName>";
        int at = project.IndexOf(open, StringComparison.Ordinal);
        return at < 0 ? package : project[(at + open.Length)..project.IndexOf("</AssemblyName>", StringComparison.Ordinal)];
    }

    private static string Difference(string approved, string received)
    {
        const int linesMax = 40;
        string[] before = approved.Split('\n');
        string[] after = received.Split('\n');
        var gone = before.Except(after).Select(line => "  - " + line.Trim());
        var come = after.Except(before).Select(line => "  + " + line.Trim());
        string[] lines = [.. gone, .. come];
        string more = lines.Length > linesMax ? $"\n  ... and {lines.Length - linesMax} more lines" : "";
        return string.Join('\n', lines.Take(linesMax)) + more;
    }
}
