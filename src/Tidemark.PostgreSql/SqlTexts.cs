using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Tidemark.PostgreSql;

/// <summary>The SQL files of this assembly, with the schema's name put in.</summary>
internal sealed class SqlTexts
{
    private const string Prefix = "Tidemark.PostgreSql.";
    private const string Placeholder = "{schema}";
    private static readonly Assembly Source = typeof(SqlTexts).Assembly;

    // Many tenant databases with one schema's name share the texts.
    private readonly ConcurrentDictionary<string, string> _statements = new(StringComparer.Ordinal);

    /// <summary>Takes a validated schema name.</summary>
    public SqlTexts(string schema)
    {
        Schema = schema;
        QuotedSchema = Quote(schema);
    }

    public string Schema { get; }

    public string QuotedSchema { get; }

    /// <summary>The statement of a file in the folder Sql, without its header and comments.</summary>
    public string this[string name] => _statements.GetOrAdd(name, Statement);

    /// <summary>The migrations, by number.</summary>
    public IReadOnlyList<Migration> Migrations()
    {
        const string folder = Prefix + "Migrations.";
        var names = Source.GetManifestResourceNames().Where(n => n.StartsWith(folder, StringComparison.Ordinal));
        return [.. names.Order(StringComparer.Ordinal).Select(resource => Migration(resource, resource[folder.Length..^".sql".Length]))];
    }

    /// <summary>A validated identifier, quoted.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private string Statement(string name)
    {
        var lines = ReadFile($"{Prefix}Sql.{name}.sql").Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal));
        return string.Join('\n', lines).Trim().Replace(Placeholder, QuotedSchema, StringComparison.Ordinal);
    }

    private Migration Migration(string resource, string name)
    {
        var text = ReadFile(resource);
        var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        var number = int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
        return new(number, name, checksum, text.Replace(Placeholder, QuotedSchema, StringComparison.Ordinal));
    }

    private static string ReadFile(string resource)
    {
        using var stream = Source.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly holds no file {resource}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}

/// <summary>A numbered step of the schema.</summary>
/// <param name="Number">Its number, from 1 without holes.</param>
/// <param name="Name">Its file's name, with the number, without the extension.</param>
/// <param name="Checksum">
/// SHA-256 over the file's text with line feeds as line ends, before the schema's name is put in; lower-case hexadecimal.
/// </param>
/// <param name="Sql">Its statements.</param>
internal sealed record Migration(int Number, string Name, string Checksum, string Sql);
