using System.Text.RegularExpressions;

namespace Tidemark.Architecture.Tests.Docs;

/// <summary>One <c>```csharp</c> fence of a page, with what hidden comments right before it say.</summary>
/// <param name="Page">The page's path from the root.</param>
/// <param name="Line">The line of the page on which the code begins.</param>
/// <param name="Code">The code as the reader sees it.</param>
/// <param name="With">Hidden statements from <c>&lt;!-- with: ... --&gt;</c> comments.</param>
/// <param name="Compiles">False after <c>&lt;!-- no-compile --&gt;</c>.</param>
internal sealed partial record Snippet(string Page, int Line, string Code, string With, bool Compiles)
{
    public static IEnumerable<Snippet> In(string page, string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        var hidden = new List<string>();
        for (int at = 0; at < lines.Length; at++)
        {
            string line = lines[at].Trim();
            if (line.StartsWith("<!--", StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, at, each => each.Contains("-->", StringComparison.Ordinal));
                end = end < 0 ? lines.Length - 1 : end;
                hidden.Add(string.Join('\n', lines[at..(end + 1)]));
                at = end;
            }
            else if (line.StartsWith("```", StringComparison.Ordinal) || line.StartsWith("~~~", StringComparison.Ordinal))
            {
                string fence = line[..3];
                int end = Array.FindIndex(lines, at + 1, each => each.Trim() == fence);
                end = end < 0 ? lines.Length : end;
                if (line[3..].Trim().Split(' ')[0] is "csharp" or "cs" or "c#")
                    yield return Make(page, at + 2, lines[(at + 1)..end], hidden);
                hidden.Clear();
                at = end;
            }
            else if (line.Length > 0)
            {
                hidden.Clear();
            }
        }
    }

    private static Snippet Make(string page, int line, string[] code, List<string> hidden)
    {
        string[] comments = [.. hidden.Select(comment => Comment().Match(comment).Groups["text"].Value.Trim())];
        var with = comments
            .Where(comment => comment.StartsWith("with:", StringComparison.Ordinal))
            .Select(comment => comment["with:".Length..]);
        bool compiles = !comments.Any(comment => comment.StartsWith("no-compile", StringComparison.Ordinal));
        return new Snippet(page, line, string.Join('\n', code), string.Join('\n', with), compiles);
    }

    [GeneratedRegex("<!--(?<text>.*?)-->", RegexOptions.Singleline)]
    private static partial Regex Comment();
}
