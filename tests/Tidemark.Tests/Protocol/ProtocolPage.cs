using System.Text.RegularExpressions;

namespace Tidemark.Tests.Protocol;

/// <summary>What docs/protocol.md shows.</summary>
internal static partial class ProtocolPage
{
    private static readonly string Text = File.ReadAllText(Find());

    /// <summary>The frames in its examples.</summary>
    public static IReadOnlyList<string> Frames { get; } =
        [.. Fence().Matches(Text).Select(match => match.Groups["json"].Value.Trim())];

    /// <summary>The rows of its table of errors: name, close code, whether to connect again.</summary>
    public static IReadOnlyList<(string Name, int CloseCode, bool Again)> Errors { get; } =
    [
        .. ErrorRow().Matches(Text).Select(match => (
            match.Groups["name"].Value, int.Parse(match.Groups["code"].Value), match.Groups["again"].Value == "yes")),
    ];

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "docs", "protocol.md");
            if (File.Exists(path))
                return path;
        }

        throw new FileNotFoundException("No folder above the tests holds docs/protocol.md.");
    }

    [GeneratedRegex("```json\n(?<json>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| (?<code>4\d{3}) \| (?<again>yes|no) \|", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();
}
