using System.Text.RegularExpressions;

namespace Tidemark.Architecture.Tests;

/// <summary>docs/guarantees.md names the tests that guard each guarantee; they exist.</summary>
public sealed partial class GuaranteeTests
{
    private const int Guarantees = 16;

    private static readonly string Text = File.ReadAllText(Repository.PathOf("docs", "guarantees.md"));

    [Fact]
    public void Each_guarantee_has_a_row() => Repository.ShouldHaveNone(
        Enumerable.Range(1, Guarantees).Select(n => $"I{n}").Where(name => !Text.Contains($"\n| {name} |", StringComparison.Ordinal)),
        "docs/guarantees.md lacks a row");

    [Fact]
    public void Test_that_guards_a_guarantee_exists()
    {
        string[] sources = [.. Repository.Files("*.cs", "tests").Select(File.ReadAllText)];
        var methods = sources.SelectMany(source => Method().Matches(source)).Select(match => match.Groups["name"].Value).ToHashSet();
        var classes = sources.SelectMany(source => Class().Matches(source)).Select(match => match.Groups["name"].Value).ToHashSet();
        string[] named = [.. Named().Matches(Text).Select(match => match.Groups["name"].Value).Distinct()];
        named.Count(name => name.Contains('_', StringComparison.Ordinal)).ShouldBeGreaterThan(Guarantees);

        Repository.ShouldHaveNone(
            named.Where(name => !classes.Contains(name) && !methods.Any(method => Fits(name, method))),
            "docs/guarantees.md names a test that does not exist");
    }

    // An ellipsis stands for the rest of a long name.
    private static bool Fits(string name, string method) =>
        Regex.IsMatch(method, $"^{Regex.Escape(name).Replace("…", ".*", StringComparison.Ordinal)}$");

    [GeneratedRegex(@"public (async )?(Task|void) (?<name>\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex(@"class (?<name>\w+Tests)\b")]
    private static partial Regex Class();

    [GeneratedRegex(@"`(?<name>[A-Z…]\w*_[\w…]*|\w+Tests)`")]
    private static partial Regex Named();
}
