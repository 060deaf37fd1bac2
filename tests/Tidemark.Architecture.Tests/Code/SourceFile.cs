using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidemark.Architecture.Tests.Code;

/// <summary>One C# file of the repository, parsed.</summary>
internal sealed class SourceFile
{
    private readonly CompilationUnitSyntax _root;

    private SourceFile(string path)
    {
        DisplayPath = Repository.Display(path);
        string text = File.ReadAllText(path);
        Lines = text.TrimEnd('\n').Split('\n');
        _root = CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview)).GetCompilationUnitRoot();
    }

    public string DisplayPath { get; }

    public IReadOnlyList<string> Lines { get; }

    public IEnumerable<string> Namespaces =>
        _root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().Select(space => space.Name.ToString());

    public static IEnumerable<SourceFile> All(params string[] folders) =>
        Repository.Files("*.cs", folders).Select(path => new SourceFile(path));

    /// <summary>Every member with a body, and a program's top-level statements as one, with the lines each takes.</summary>
    public IEnumerable<(string Name, int FirstLine, int LineCount)> Methods()
    {
        foreach (SyntaxNode node in _root.DescendantNodes())
        {
            if (node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or PropertyDeclarationSyntax or IndexerDeclarationSyntax)
                yield return Measure(NameOf(node), node, node);
        }

        GlobalStatementSyntax[] statements = [.. _root.Members.OfType<GlobalStatementSyntax>()];
        if (statements.Length > 0)
            yield return Measure("top-level statements", statements[0], statements[^1]);
    }

    private static (string Name, int FirstLine, int LineCount) Measure(string name, SyntaxNode first, SyntaxNode last)
    {
        int from = first.GetLocation().GetLineSpan().StartLinePosition.Line;
        int to = last.GetLocation().GetLineSpan().EndLinePosition.Line;
        return (name, from + 1, to - from + 1);
    }

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
        _ => node.Kind().ToString(),
    };
}
