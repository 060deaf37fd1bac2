using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tidemark.Events;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>
/// Folds events into documents: the keys of all events first, then the missing documents in one round trip, then the folds in order. A
/// document that many events of a commit touch is written once.
/// </summary>
internal sealed class DocumentApplier<TDocument> : Applier, IDocumentSource
    where TDocument : class
{
    private readonly DocumentProjection<TDocument> _projection;
    private readonly Action<RecordedEvent, List<DocumentKey>> _keysOf;
    private readonly ApplierContext _context;
    private readonly FoldSteps<TDocument>?[] _steps;
    private readonly JsonTypeInfo<TDocument> _json;
    private readonly DocumentCache<TDocument> _cache;
    private readonly List<DocumentEntry<TDocument>> _dirty = [];
    private readonly PooledBuffer _buffer = new();

    // Reused from page to page.
    private readonly List<(int Index, DocumentEntry<TDocument> Entry)> _work = [];
    private readonly Dictionary<DocumentKey, DocumentEntry<TDocument>> _missing = [];
    private readonly List<DocumentKey> _keys = [];
    private readonly bool _splitByKey;
    private readonly LookupPage? _lookups;
    private readonly List<DocumentEntry<TDocument>> _kept = [];
    private readonly List<RecordedEvent> _changes = [];
    private bool _keepsStates;
    private bool _isFollowed;
    private long _pendingBytes;

    public DocumentApplier(
        DocumentProjection<TDocument> projection, Action<RecordedEvent, List<DocumentKey>> keysOf, ApplierContext context)
    {
        _projection = projection;
        _keysOf = keysOf;
        _context = context;
        _splitByKey = projection.IsSplitByKey;
        _json = (JsonTypeInfo<TDocument>)context.Json.GetTypeInfo(typeof(TDocument));
        _cache = new DocumentCache<TDocument>(context.StateBytesMax);
        _steps = new FoldSteps<TDocument>?[context.Types.Count];
        foreach (var type in context.Types.All)
            _steps[type.Index] = projection.Steps.GetValueOrDefault(type.ClrType);
        _lookups = LookupPage.For(projection, context);
    }

    Type IDocumentSource.Document => typeof(TDocument);

    Type IDocumentSource.Changed => typeof(Changed<TDocument>);

    IReadOnlyList<RecordedEvent> IDocumentSource.Changes => _changes;

    public override long PendingBytes => _pendingBytes;

    public override void Begin(bool isEmpty) => _cache.IsComplete = isEmpty;

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        Group(events);
        if (_missing.Count > 0)
            await LoadMissingAsync(cancellationToken).ConfigureAwait(false);
        if (_lookups is not null)
            await _lookups.LoadAsync(events, cancellationToken).ConfigureAwait(false);
        Fold(events);
        _lookups?.Clear();
    }

    void IDocumentSource.Follow() => _isFollowed = true;

    void IDocumentSource.KeepStates() => _keepsStates = true;

    IDocumentStates IDocumentSource.Want(TenantId tenant, string key)
    {
        var acrossTenants = _projection is MultiStreamProjection<TDocument> { AcrossTenants: true };
        var wanted = new DocumentKey(acrossTenants ? TenantId.Default : tenant, key);
        if (!_cache.TryGet(wanted, out var entry))
        {
            _missing.TryAdd(wanted, entry);
            // What later stages look up stays in memory until the commit, and so counts for it.
            _pendingBytes += entry.Bytes;
        }

        return entry;
    }

    async ValueTask IDocumentSource.LoadWantedAsync(CancellationToken cancellationToken)
    {
        if (_missing.Count > 0)
            await LoadMissingAsync(cancellationToken).ConfigureAwait(false);
    }

    void IDocumentSource.EndPage()
    {
        foreach (var entry in _kept)
            entry.ForgetStates();
        _kept.Clear();
        _changes.Clear();
    }

    public override ReadModelCommit AddTo(ReadModelCommit commit)
    {
        if (_dirty.Count == 0)
            return commit;
        var deletes = new List<DocumentKey>();
        var ends = new int[_dirty.Count];
        using (var json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            for (var i = 0; i < ends.Length; i++)
            {
                Write(json, _dirty[i], deletes);
                ends[i] = _buffer.WrittenCount;
            }
        }

        var changes = new DocumentChanges(_projection.ReadModel, _context.Generation, Upserts(ends), deletes);
        return commit with { Documents = [.. commit.Documents, changes] };
    }

    public override ValueTask CommittedAsync()
    {
        _buffer.Return();
        foreach (var entry in _dirty)
        {
            entry.IsDirty = false;
            entry.IsStored = entry.Document is not null;
        }

        _dirty.Clear();
        _pendingBytes = 0;
        _cache.Trim();
        return ValueTask.CompletedTask;
    }

    public override ValueTask AbandonAsync()
    {
        _buffer.Return();
        _work.Clear();
        _missing.Clear();
        _dirty.Clear();
        _pendingBytes = 0;
        _kept.Clear();
        _changes.Clear();
        _lookups?.Clear();
        _cache.Clear();
        return ValueTask.CompletedTask;
    }

    // All documents of a commit go into one pooled buffer; one array each would be garbage of the same size.
    private void Write(Utf8JsonWriter json, DocumentEntry<TDocument> entry, List<DocumentKey> deletes)
    {
        if (entry.Document is { } document)
        {
            var start = _buffer.WrittenCount;
            json.Reset(_buffer);
            JsonSerializer.Serialize(json, document, _json);
            json.Flush();
            _cache.Weigh(entry, _buffer.WrittenCount - start);
        }
        else if (entry.IsStored)
        {
            deletes.Add(entry.Key);
        }
    }

    private List<StoredDocument> Upserts(int[] ends)
    {
        var upserts = new List<StoredDocument>(ends.Length);
        var start = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            var entry = _dirty[i];
            if (entry.Document is not null)
            {
                var json = _buffer.WrittenMemory[start..ends[i]];
                upserts.Add(new StoredDocument(entry.Key, json, new StreamVersion(entry.Version), new Position(entry.Position)));
            }

            start = ends[i];
        }

        return upserts;
    }

    private void Group(IReadOnlyList<RecordedEvent> events)
    {
        _work.Clear();
        var byKey = _splitByKey && !_context.Slots.IsAll;
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            _keys.Clear();
            try
            {
                _keysOf(e, _keys);
            }
            catch (Exception error)
            {
                throw new ApplyEventException(_projection.Name, e, error);
            }

            foreach (var key in _keys)
            {
                if (byKey && !_context.Slots.Includes(Slot.Of(key.Tenant, key.Key), e.Position))
                    continue;
                if (!_cache.TryGet(key, out var entry))
                    _missing.TryAdd(key, entry);
                _work.Add((i, entry));
            }
        }
    }

    private async ValueTask LoadMissingAsync(CancellationToken cancellationToken)
    {
        DocumentKey[] keys = [.. _missing.Keys];
        var loaded = _context.Lent is { } transaction
            ? await _context.ReadModels.LoadAsync(transaction, _projection.ReadModel, _context.Generation, keys, cancellationToken)
                .ConfigureAwait(false)
            : await _context.ReadModels.LoadAsync(_projection.ReadModel, _context.Generation, keys, cancellationToken)
                .ConfigureAwait(false);
        foreach (var stored in loaded)
        {
            var entry = _missing[stored.Key];
            entry.Document = Read(stored);
            entry.IsStored = true;
            entry.Version = stored.Version.Value;
            entry.Position = stored.Position.Value;
            _cache.Weigh(entry, stored.Json.Length);
        }

        _missing.Clear();
    }

    private TDocument Read(StoredDocument stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Json.Span, _json) ?? throw new JsonException("The JSON is null.");
        }
        catch (JsonException e)
        {
            throw new ReadModelException(_projection.Name, stored.Key.Key, typeof(TDocument), e);
        }
    }

    private void Fold(IReadOnlyList<RecordedEvent> events)
    {
        var single = _projection is SingleStreamProjection<TDocument>;
        foreach (var (index, entry) in _work)
        {
            var e = events[index];
            // One event and the changes it caused in earlier stages share a position.
            Debug.Assert(
                AppliesLate || e.Position.Value > entry.Position || _projection.Inputs.Changes.Count > 0, "An event takes effect once.");
            var before = entry.Document;
            try
            {
                var steps = StepsOf(e.Type!);
                entry.Document = _projection.Fold(
                    steps, before, entry.Key.Key, e, _lookups is null ? Lookups.None : _lookups.At(index, e));
                if (steps.Raise is { } raise && _context.Effects is { } effects && e.Position > effects.RaisesAfter)
                    effects.Raise(_projection.Name, e, raise(entry.Document, e));
            }
            catch (Exception error)
            {
                throw new ApplyEventException(_projection.Name, e, error);
            }

            if ((_isFollowed || _keepsStates) && !ReferenceEquals(before, entry.Document))
                Note(e, entry, before);
            // Only a retry can be behind what the document holds already.
            entry.Position = Math.Max(entry.Position, e.Position.Value);
            if (single)
                entry.Version = Math.Max(entry.Version, e.Version.Value);
            if (entry.IsDirty)
                continue;
            entry.IsDirty = true;
            _dirty.Add(entry);
            _pendingBytes += entry.Bytes;
        }
    }

    private FoldSteps<TDocument> StepsOf(EventType type) =>
        type.Index < _steps.Length ? _steps[type.Index]! : _projection.Steps[type.ClrType];

    private void Note(RecordedEvent e, DocumentEntry<TDocument> entry, TDocument? before)
    {
        if (_keepsStates && entry.Keep(e.Position.Value, before, entry.Document))
            _kept.Add(entry);
        if (_isFollowed)
            _changes.Add(e.Derive(Changed<TDocument>.EventType, new Changed<TDocument>(entry.Key.Key, before, entry.Document)));
    }
}
