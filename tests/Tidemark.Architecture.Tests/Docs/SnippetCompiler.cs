using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Tidemark.Architecture.Tests.Docs;

/// <summary>
/// Compiles a page's snippets against the built assemblies, the way a reader's web project would: with the SDK's implicit usings and all
/// public namespaces of Tidemark. A snippet is a program (statements, types, or both) or members of a class. Types shown earlier on the
/// page, also in hidden comments, are known later on it.
/// </summary>
internal sealed class SnippetCompiler
{
    private static readonly CSharpParseOptions Parse = new(LanguageVersion.Preview);

    private static readonly string[] ImplicitUsings =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Net.Http.Json", "System.Threading",
        "System.Threading.Tasks", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http",
        "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    private static readonly Lazy<MetadataReference[]> References = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    private readonly List<MemberDeclarationSyntax> _typesOfPage = [];
    private readonly string _globalUsings;

    public SnippetCompiler(IEnumerable<Assembly> packages)
    {
        var spaces = packages.SelectMany(package => package.GetExportedTypes()).Select(type => type.Namespace).OfType<string>()
            .Where(space => space.StartsWith("Tidemark", StringComparison.Ordinal));
        _globalUsings = string.Concat(ImplicitUsings.Concat(spaces).Distinct().Select(space => $"global using {space};\n"));
    }

    /// <summary>One line per error, each beginning with the page and the line.</summary>
    public IReadOnlyList<string> Compile(Snippet snippet)
    {
        CompilationUnitSyntax hidden = Root(Initialized(snippet.With), $"{snippet.Page}, comment before line {snippet.Line}", 1);
        CompilationUnitSyntax shown = Root(snippet.Code, snippet.Page, snippet.Line);
        List<string> errors = Errors(Program(hidden, shown));
        if (errors.Count > 0)
        {
            // Members with modifiers are no statements: perhaps the snippet shows the inside of a class.
            List<string> asMembers = Errors(ClassBody(hidden, snippet));
            errors = asMembers.Count < errors.Count ? asMembers : errors;
        }

        Remember(hidden);
        Remember(shown);
        return errors;
    }

    /// <summary><c>IServiceCollection services;</c> in a comment means: there is such a variable, and it has a value.</summary>
    private static string Initialized(string with)
    {
        CompilationUnitSyntax root = CSharpSyntaxTree.ParseText(with, Parse).GetCompilationUnitRoot();
        VariableDeclaratorSyntax[] bare =
        [
            .. root.Members.OfType<GlobalStatementSyntax>().Select(member => member.Statement).OfType<LocalDeclarationStatementSyntax>()
                .SelectMany(statement => statement.Declaration.Variables).Where(variable => variable.Initializer is null),
        ];
        ExpressionSyntax value = SyntaxFactory.ParseExpression("default!");
        return root.ReplaceNodes(bare, (_, variable) => variable.WithInitializer(SyntaxFactory.EqualsValueClause(value))).ToFullString();
    }

    private static CompilationUnitSyntax Root(string code, string page, int line) =>
        CSharpSyntaxTree.ParseText($"#line {line} \"{page}\"\n{code}\n", Parse).GetCompilationUnitRoot();

    /// <summary>Usings, hidden statements, shown statements, types: the order in which C# wants them.</summary>
    private string Program(CompilationUnitSyntax hidden, CompilationUnitSyntax shown)
    {
        if (shown.Members.Any(member => member is BaseNamespaceDeclarationSyntax))
            return shown.ToFullString();

        MemberDeclarationSyntax[] members = [.. hidden.Members, .. shown.Members];
        MemberDeclarationSyntax[] types = [.. members.Where(member => member is not GlobalStatementSyntax)];
        var statements = members.OfType<GlobalStatementSyntax>();
        return Join([.. hidden.Usings, .. shown.Usings, .. statements, .. types, .. Known(types)]);
    }

    private string ClassBody(CompilationUnitSyntax hidden, Snippet snippet)
    {
        MemberDeclarationSyntax[] types = [.. hidden.Members.Where(member => member is not GlobalStatementSyntax)];
        var fields = hidden.Members.OfType<GlobalStatementSyntax>().Select(member => member.Statement)
            .OfType<LocalDeclarationStatementSyntax>()
            .Where(field => field.Declaration.Type is not IdentifierNameSyntax { IsVar: true })
            .Select(field => "private " + field.ToString());
        string body = $"{string.Join('\n', fields)}\n#line {snippet.Line} \"{snippet.Page}\"\n{snippet.Code}\n";
        return Join([.. hidden.Usings, .. types, .. Known(types)]) + $"\nclass Snippet\n{{\n{body}}}\n";
    }

    private static string Join(IEnumerable<SyntaxNode> nodes) => string.Concat(nodes.Select(node =>
    {
        FileLinePositionSpan place = node.GetLocation().GetMappedLineSpan();
        int line = place.StartLinePosition.Line + 1;
        return $"#line {line} \"{place.Path}\"\n{node}\n";
    }));

    private IEnumerable<MemberDeclarationSyntax> Known(MemberDeclarationSyntax[] own)
    {
        string?[] names = [.. own.Select(NameOf)];
        return _typesOfPage.Where(type => !names.Contains(NameOf(type)));
    }

    private void Remember(CompilationUnitSyntax root)
    {
        foreach (MemberDeclarationSyntax type in root.Members.Where(member => NameOf(member) is not null))
        {
            _typesOfPage.RemoveAll(known => NameOf(known) == NameOf(type));
            _typesOfPage.Add(type);
        }
    }

    private static string? NameOf(MemberDeclarationSyntax member) => member switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        DelegateDeclarationSyntax type => type.Identifier.Text,
        _ => null,
    };

    private List<string> Errors(string program)
    {
        SyntaxTree code = CSharpSyntaxTree.ParseText(program, Parse);
        bool hasStatements = code.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>().Any();
        var options = new CSharpCompilationOptions(
            hasStatements ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            nullableContextOptions: NullableContextOptions.Enable);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Snippet", [CSharpSyntaxTree.ParseText(_globalUsings, Parse), code], References.Value, options);
        return
        [
            .. compilation.GetDiagnostics().Where(finding => finding.Severity == DiagnosticSeverity.Error).Select(finding =>
            {
                FileLinePositionSpan place = finding.Location.GetMappedLineSpan();
                return $"{place.Path}:{place.StartLinePosition.Line + 1}: {finding.Id} {finding.GetMessage()}";
            }),
        ];
    }
}
