using System.Text;
using System.Text.Json;
using Tidemark.Events;
using Tidemark.Projections;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>Documents that hold one text.</summary>
internal static class Documents
{
    public static DocumentKey Key(string key, string tenant = "") => new(tenant, key);

    public static StoredDocument Of(string key, string text, string tenant = "", long version = 0, long position = 1) =>
        new(Key(key, tenant), Encoding.UTF8.GetBytes($"\"{text}\""), new(version), new(position));

    public static string Text(StoredDocument document) => JsonSerializer.Deserialize<string>(document.Json.Span)!;

    public static ReadModelCommit Upserts(string name, int generation, IEnumerable<(string Key, string Text)> documents) => new()
    {
        Documents = [new(name, generation, [.. documents.Select(d => Of(d.Key, d.Text))], [])],
    };
}
