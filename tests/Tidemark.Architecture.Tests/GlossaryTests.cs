using System.Reflection;
using System.Text.RegularExpressions;

namespace Tidemark.Architecture.Tests;

public sealed partial class GlossaryTests
{
    /// <summary>The words without which the design cannot be told.</summary>
    private static readonly string[] Required =
    [
        "stream", "version", "position", "log", "slot", "event database", "high-water mark", "high-water agent", "pulling agent",
        "queue cache", "cursor", "projection", "subscription", "shard", "shard agent", "group", "node", "lease", "epoch", "checkpoint",
        "handshake token", "gap", "lag", "dead letter", "parked stream", "generation",
    ];

    /// <summary>Here every public type is a word of the domain, or says of which word it is the options, the error or the state.</summary>
    private static readonly string[] GuardedNamespaces = ["HighWater", "Pulling", "Shards", "Checkpoints"];

    /// <summary>Folders that are named after how the code is built, not after a word of the domain.</summary>
    private static readonly string[] PlainFolders = ["Storage", "Hosting", "Tenancy", "Control", "Resilience"];

    private static readonly string Path = Repository.PathOf("docs", "GLOSSARY.md");

    [Fact]
    public void Glossary_has_the_words_of_the_design() =>
        Repository.ShouldHaveNone(Required.Except(Terms(), StringComparer.OrdinalIgnoreCase), "docs/GLOSSARY.md lacks a word");

    [Fact]
    public void Glossary_explains_each_word_once()
    {
        var rows = Rows().ToArray();
        rows.ShouldNotBeEmpty();

        Repository.ShouldHaveNone(rows.Where(row => row.Meaning.Length < 10).Select(row => row.Words), "A word needs a meaning");
        Repository.ShouldHaveNone(
            Terms().GroupBy(term => term, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1).Select(same => same.Key),
            "A word has one meaning");
    }

    [Fact]
    public void Folder_of_the_core_is_named_after_a_word()
    {
        string[][] terms = [.. Terms().Select(WordsOf)];
        var findings = Directory.EnumerateDirectories(Repository.PathOf("src", "Tidemark"))
            .Select(folder => System.IO.Path.GetFileName(folder)!)
            .Where(name => name is not ("bin" or "obj") && !PlainFolders.Contains(name))
            .Where(name => !terms.Any(term => Contains(WordsOf(name), term)));

        Repository.ShouldHaveNone(findings, "A folder of src/Tidemark is named after a word of docs/GLOSSARY.md");
    }

    [Fact]
    public void Public_type_of_a_stage_is_named_after_a_word()
    {
        string[] namespaces = [.. GuardedNamespaces.Select(name => $"Tidemark.{name}")];
        string[][] terms = [.. Terms().Select(WordsOf)];
        var findings = Assembly.Load("Tidemark").GetExportedTypes()
            .Where(type => namespaces.Contains(type.Namespace) && !type.IsNested)
            .Where(type => !terms.Any(term => Contains(WordsOf(type.Name), term)))
            .Select(type => type.FullName!);

        Repository.ShouldHaveNone(findings, "The name of a public type holds a word of docs/GLOSSARY.md");
    }

    private static IEnumerable<string> Terms() => Rows().SelectMany(row => row.Words.Split(',', StringSplitOptions.TrimEntries));

    private static IEnumerable<(string Words, string Meaning)> Rows()
    {
        File.Exists(Path).ShouldBeTrue("docs/GLOSSARY.md is missing.");
        return File.ReadLines(Path).Select(line => Row().Match(line)).Where(match => match.Success)
            .Select(match => (match.Groups["words"].Value, match.Groups["meaning"].Value.Trim()));
    }

    /// <summary>"HighWaterMarks", "high-water mark" and "IHighWaterMark" are the same words: high, water, mark.</summary>
    private static string[] WordsOf(string name)
    {
        string plain = name.Split('`')[0];
        string[] words = [.. Word().Matches(plain).Select(match => Singular(match.Value.ToUpperInvariant()))];
        return words is ["I", _, ..] ? words[1..] : words;
    }

    private static string Singular(string word) => word.Length > 3 && word.EndsWith('S') ? word[..^1] : word;

    private static bool Contains(string[] name, string[] term) =>
        Enumerable.Range(0, Math.Max(0, name.Length - term.Length + 1)).Any(from => name.Skip(from).Take(term.Length).SequenceEqual(term));

    [GeneratedRegex(@"^\| \*\*(?<words>[^*|]+)\*\* \|(?<meaning>.+)\|\s*$")]
    private static partial Regex Row();

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();
}
