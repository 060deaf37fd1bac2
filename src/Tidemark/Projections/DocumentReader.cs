using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>
/// Reads the documents of a projection's live generation. Always one complete generation: a rebuild becomes visible in one step.
/// </summary>
/// <typeparam name="TDocument">The document type.</typeparam>
public sealed class DocumentReader<TDocument>
    where TDocument : class
{
    private readonly Projection _projection;
    private readonly IReadModelStore _readModels;
    private readonly JsonTypeInfo<TDocument> _json;
    private readonly TenantId _tenant;

    internal DocumentReader(Projection projection, IReadModelStore readModels, JsonSerializerOptions json, TenantId tenant)
    {
        _projection = projection;
        _readModels = readModels;
        _json = (JsonTypeInfo<TDocument>)json.GetTypeInfo(typeof(TDocument));
        _tenant = projection is MultiStreamProjection<TDocument> { AcrossTenants: true } ? TenantId.Default : tenant;
    }

    /// <summary>The qualified, quoted name of the view, for SQL of your own.</summary>
    public string ViewName => _readModels.ViewName(_projection.ReadModel);

    /// <summary>The document with a key; null when there is none.</summary>
    public async Task<TDocument?> FindAsync(string key, CancellationToken cancellationToken = default)
    {
        var stored = await _readModels.FindLiveAsync(_projection.ReadModel, new DocumentKey(_tenant, key), cancellationToken)
            .ConfigureAwait(false);
        return stored is { } found ? Read(found) : null;
    }

    /// <summary>A page of documents in ordinal key order.</summary>
    /// <param name="afterKey">Only keys after this one; null from the first.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<IReadOnlyList<KeyValuePair<string, TDocument>>> PageAsync(
        string? afterKey = null, int countMax = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        var page = await _readModels.ReadLiveAsync(_projection.ReadModel, _tenant, afterKey, countMax, cancellationToken)
            .ConfigureAwait(false);
        return [.. page.Select(d => KeyValuePair.Create(d.Key.Key, Read(d)))];
    }

    /// <summary>All documents in ordinal key order, page by page.</summary>
    public async IAsyncEnumerable<KeyValuePair<string, TDocument>> AllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        const int pageSize = 1000;
        string? after = null;
        while (true)
        {
            var page = await PageAsync(after, pageSize, cancellationToken).ConfigureAwait(false);
            foreach (var document in page)
                yield return document;
            if (page.Count < pageSize)
                yield break;
            after = page[^1].Key;
        }
    }

    private TDocument Read(StoredDocument stored) =>
        JsonSerializer.Deserialize(stored.Json.Span, _json)
        ?? throw new JsonException($"The document '{stored.Key.Key}' of projection '{_projection.Name}' is null.");
}
