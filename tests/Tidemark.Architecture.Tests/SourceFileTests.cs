using Tidemark.Architecture.Tests.Code;

namespace Tidemark.Architecture.Tests;

public sealed class SourceFileTests
{
    // A file or a method that outgrows these has more than one thing to say.
    private const int FileLinesMax = 400;
    private const int MethodLinesMax = 60;
    private const int LineCharactersMax = 140;

    /// <summary>Names that say nothing about what is inside, and so collect everything.</summary>
    private static readonly string[] BannedFolders = ["Utils", "Util", "Common", "Helpers", "Helper", "Services", "Managers", "Misc"];

    private static readonly string[] CodeFolders = ["src", "tests", "samples", "bench"];

    [Fact]
    public void File_is_of_readable_length() => Repository.ShouldHaveNone(
        from file in SourceFile.All(CodeFolders)
        where file.Lines.Count > FileLinesMax
        select $"{file.DisplayPath}: {file.Lines.Count} lines",
        $"A file has at most {FileLinesMax} lines");

    [Fact]
    public void Method_is_of_readable_length() => Repository.ShouldHaveNone(
        from file in SourceFile.All(CodeFolders)
        from method in file.Methods()
        where method.LineCount > MethodLinesMax
        select $"{file.DisplayPath}:{method.FirstLine}: {method.Name} has {method.LineCount} lines",
        $"A method has at most {MethodLinesMax} lines");

    [Fact]
    public void Line_is_of_readable_length() => Repository.ShouldHaveNone(
        from file in SourceFile.All(CodeFolders)
        from line in file.Lines.Select((text, index) => (text.Length, Number: index + 1))
        where line.Length > LineCharactersMax
        select $"{file.DisplayPath}:{line.Number}: {line.Length} characters",
        $"A line has at most {LineCharactersMax} characters");

    [Fact]
    public void Namespace_is_the_folder() => Repository.ShouldHaveNone(
        from file in SourceFile.All("src")
        let folder = Path.GetDirectoryName(file.DisplayPath)!.Replace('\\', '/')
        let expected = folder["src/".Length..].Replace('/', '.')
        from space in file.Namespaces
        where space != expected
        select $"{file.DisplayPath}: namespace {space}, expected {expected}",
        "In src a file's namespace is its folder");

    [Fact]
    public void Folder_name_says_what_is_inside() => Repository.ShouldHaveNone(
        from path in Repository.Files("*", CodeFolders)
        let folder = Path.GetDirectoryName(Repository.Display(path))!
        where folder.Split('/', '\\').Intersect(BannedFolders, StringComparer.OrdinalIgnoreCase).Any()
        select folder,
        $"A folder is not named {string.Join(", ", BannedFolders)}");

    [Fact]
    public void Sql_file_states_its_purpose_its_locks_and_its_index() => Repository.ShouldHaveNone(
        from path in Repository.Files("*.sql", "src")
        where Repository.Display(path).Split('/')[2] == "Sql"
        let header = string.Join('\n', File.ReadLines(path).TakeWhile(line => line.StartsWith("--", StringComparison.Ordinal)))
        from word in (string[])["Purpose:", "Locks:", "Index:"]
        where !header.Contains(word, StringComparison.Ordinal)
        select $"{Repository.Display(path)}: the header has no '{word}'",
        "A statement starts with a comment that states Purpose:, Locks: and Index:");
}
