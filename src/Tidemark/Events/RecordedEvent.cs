namespace Tidemark.Events;

/// <summary>
/// An event as the log holds it. Immutable once read; safe to share between threads (the runtime hands the same object to every
/// shard of a node).
/// </summary>
public sealed class RecordedEvent
{
    private readonly ReadOnlyMemory<byte> _metadataJson;
    private EventMetadata? _metadata;
    private object? _data;
    private Exception? _decodeError;

    /// <summary>Takes a stored event as a storage provider read it, its data still undecoded.</summary>
    /// <param name="position">Its place in the log.</param>
    /// <param name="tenant">Its tenant.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="version">Its number inside the stream.</param>
    /// <param name="id">Its id.</param>
    /// <param name="typeName">The registered name of its type, as stored.</param>
    /// <param name="json">Its data, UTF-8 JSON.</param>
    /// <param name="metadataJson">Its metadata, UTF-8 JSON; empty for none.</param>
    /// <param name="recordedAt">When the database recorded it.</param>
    /// <param name="slot">Its slot.</param>
    public RecordedEvent(
        Position position,
        TenantId tenant,
        StreamId stream,
        StreamVersion version,
        Guid id,
        string typeName,
        ReadOnlyMemory<byte> json,
        ReadOnlyMemory<byte> metadataJson,
        DateTimeOffset recordedAt,
        short slot)
    {
        Position = position;
        Tenant = tenant;
        StreamId = stream;
        Version = version;
        Id = id;
        TypeName = typeName;
        Json = json;
        _metadataJson = metadataJson;
        RecordedAt = recordedAt;
        Slot = slot;
    }

    private RecordedEvent(RecordedEvent cause, EventType type, object data)
        : this(
            cause.Position, cause.Tenant, cause.StreamId, cause.Version, cause.Id, cause.TypeName, default, cause._metadataJson,
            cause.RecordedAt, cause.Slot)
    {
        Type = type;
        _data = data;
        _metadata = cause._metadata;
    }

    /// <summary>Its place in the log.</summary>
    public Position Position { get; }

    /// <summary>Its tenant.</summary>
    public TenantId Tenant { get; }

    /// <summary>Its stream.</summary>
    public StreamId StreamId { get; }

    /// <summary>Its number inside the stream.</summary>
    public StreamVersion Version { get; }

    /// <summary>Its id.</summary>
    public Guid Id { get; }

    /// <summary>The registered name of its type, as stored.</summary>
    public string TypeName { get; }

    /// <summary>When the database recorded it.</summary>
    public DateTimeOffset RecordedAt { get; }

    /// <summary>Its slot: the unit of partitioning.</summary>
    public short Slot { get; }

    /// <summary>Its data as stored, UTF-8 JSON. Empty once the runtime has decoded it for the shards of a node.</summary>
    public ReadOnlyMemory<byte> Json { get; private set; }

    /// <summary>The type as registered in this process; null when the name is not registered or the event is not decoded.</summary>
    public EventType? Type { get; private set; }

    /// <summary>Its metadata; <see cref="EventMetadata.None"/> when it has none.</summary>
    /// <exception cref="EventSerializationException">The stored metadata is not what the store writes.</exception>
    public EventMetadata Metadata => _metadata ??= MetadataSerializer.Read(this, _metadataJson);

    /// <summary>Its metadata as stored, UTF-8 JSON; empty for none.</summary>
    internal ReadOnlyMemory<byte> MetadataJson => _metadataJson;

    /// <summary>The decoded event object, upcast to its current type.</summary>
    /// <exception cref="EventSerializationException">The data could not be decoded.</exception>
    /// <exception cref="UnknownEventTypeException">The stored type name is not registered.</exception>
    public object Data => _data ?? throw (_decodeError ?? new UnknownEventTypeException(this));

    /// <summary>Why the data could not be decoded; null when it could, or when nobody tried.</summary>
    public Exception? DecodeError => _decodeError;

    /// <summary>The size the cache counts for this event, in bytes; an estimate that includes the object's own fields.</summary>
    internal int CachedBytes { get; private set; }

    /// <summary>The size of its stored data, in bytes.</summary>
    internal int StoredBytes { get; private set; }

    /// <summary>Nobody needs the decoded data: counts what the event takes with its JSON alone.</summary>
    internal void KeepJson() => Count(copies: 1);

    /// <summary>Decodes the data once. A failure is kept, to be raised for those who need the data.</summary>
    internal void Decode(EventTypeRegistry types, bool keepJson)
    {
        Count(keepJson ? 3 : 2);
        Type = types.Find(TypeName);
        if (Type is null)
        {
            _decodeError = new UnknownEventTypeException(this);
            return;
        }

        try
        {
            _data = Type.Decode(Json.Span);
            if (!keepJson)
                Json = default;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _decodeError = new EventSerializationException(this, e);
        }
    }

    // A decoded object is about twice as large as its JSON.
    private void Count(int copies)
    {
        const int overhead = 200;
        StoredBytes = Json.Length;
        CachedBytes = overhead + (copies * Json.Length);
    }

    /// <summary>What follows from this event, in memory: the same place, stream, id and metadata, other data.</summary>
    internal RecordedEvent Derive(EventType type, object data) => new(this, type, data);

    /// <inheritdoc />
    public override string ToString() => $"{TypeName} at position {Position} (stream {StreamId}, version {Version})";
}
