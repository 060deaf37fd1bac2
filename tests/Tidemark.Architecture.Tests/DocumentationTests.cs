using System.Reflection;
using Tidemark.Architecture.Tests.Docs;

namespace Tidemark.Architecture.Tests;

/// <summary>
/// The code on the pages compiles. Hidden HTML comments right before a fence help it:
/// <c>&lt;!-- with: IServiceCollection services; --&gt;</c> gives it variables, usings or types that the page does not show, and
/// <c>&lt;!-- no-compile: why --&gt;</c> leaves it out.
/// </summary>
public sealed class DocumentationTests
{
    [Fact]
    public void Code_on_the_pages_compiles()
    {
        Assembly[] packages = [.. Repository.Packages.Select(Assembly.Load)];
        var errors = new List<string>();
        foreach (string path in Repository.Files("*.md", "docs").Append(Repository.PathOf("README.md")).Where(File.Exists))
        {
            var compiler = new SnippetCompiler(packages);
            foreach (Snippet snippet in Snippet.In(Repository.Display(path), File.ReadAllText(path)).Where(snippet => snippet.Compiles))
                errors.AddRange(compiler.Compile(snippet));
        }

        Repository.ShouldHaveNone(errors, "Code on the pages compiles");
    }

    [Theory]
    [InlineData(0, "```csharp\nConsole.WriteLine(Math.Max(1, 2));\n```")]
    [InlineData(0, "```csharp\npublic sealed record Order(decimal Total);\nvar order = new Order(1m);\n```")]
    [InlineData(0, "```csharp\npublic override string ToString() => \"members\";\n```")]
    [InlineData(0, "```csharp\nusing System.Text;\nvar text = await Task.FromResult(new StringBuilder());\n```")]
    [InlineData(0, "<!-- with: IServiceCollection services; -->\n```csharp\nservices.AddLogging();\n```")]
    [InlineData(0, "<!-- with:\nrecord Order(int Total);\nvar order = new Order(1);\n-->\n\n```csharp\norder.Total.CompareTo(1);\n```")]
    [InlineData(0, "<!-- with: int total; -->\n```csharp\npublic int Twice() => total * 2;\n```")]
    [InlineData(0, "```csharp\nrecord Order(int Total);\n```\ntext\n```csharp\nvar order = new Order(1);\n```")]
    [InlineData(0, "```csharp\nrecord Order(int Total);\n```\n```csharp\nrecord Order(string Name);\nvar order = new Order(\"new\");\n```")]
    [InlineData(0, "<!-- no-compile: a sketch -->\n```csharp\nwhatever\n```")]
    [InlineData(1, "<!-- no-compile -->\nA paragraph between.\n```csharp\nWhatever();\n```")]
    [InlineData(1, "text\n\n```csharp\nvar one = 1;\none.Nothing();\n```")]
    [InlineData(1, "```json\n{ }\n```\n```csharp\nint number = \"text\";\n```")]
    [InlineData(1, "```csharp\npublic override string Unknown() => \"members\";\n```")]
    public void Compiler_of_snippets_finds_errors_and_only_errors(int errors, string page)
    {
        var compiler = new SnippetCompiler([]);

        string[] found = [.. Snippet.In("page.md", page).Where(snippet => snippet.Compiles).SelectMany(compiler.Compile)];

        found.Length.ShouldBe(errors, string.Join('\n', found));
        found.ShouldAllBe(line => line.StartsWith("page.md:", StringComparison.Ordinal));
    }

    [Fact]
    public void Compiler_of_snippets_names_the_line_of_the_page()
    {
        var compiler = new SnippetCompiler([]);
        Snippet snippet = Snippet.In("page.md", "text\n\n```csharp\nvar one = 1;\none.Nothing();\n```").Single();

        compiler.Compile(snippet).Single().ShouldStartWith("page.md:5: CS1061");
    }
}
