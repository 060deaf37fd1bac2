namespace Tidemark.Events;

/// <summary>A recorded event whose data is known to be a <typeparamref name="T"/>. A thin view: making one allocates nothing.</summary>
/// <typeparam name="T">The event's type.</typeparam>
public readonly struct Event<T> : IEquatable<Event<T>>
    where T : notnull
{
    /// <summary>Views a recorded event.</summary>
    /// <param name="recorded">An event whose data is a <typeparamref name="T"/>.</param>
    public Event(RecordedEvent recorded) => Recorded = recorded;

    /// <summary>The event as the log holds it.</summary>
    public RecordedEvent Recorded { get; }

    /// <summary>The event object.</summary>
    public T Data => (T)Recorded.Data;

    /// <summary>Its stream's name.</summary>
    public string StreamId => Recorded.StreamId.Value;

    /// <summary>Its tenant's name.</summary>
    public string Tenant => Recorded.Tenant.Value;

    /// <summary>Its number inside the stream.</summary>
    public StreamVersion Version => Recorded.Version;

    /// <summary>Its place in the log.</summary>
    public Position Position => Recorded.Position;

    /// <summary>Its id.</summary>
    public Guid Id => Recorded.Id;

    /// <summary>When the database recorded it.</summary>
    public DateTimeOffset RecordedAt => Recorded.RecordedAt;

    /// <summary>Its metadata.</summary>
    public EventMetadata Metadata => Recorded.Metadata;

    /// <summary>Whether both view the same event.</summary>
    public static bool operator ==(Event<T> left, Event<T> right) => left.Equals(right);

    /// <summary>Whether they view different events.</summary>
    public static bool operator !=(Event<T> left, Event<T> right) => !left.Equals(right);

    /// <inheritdoc />
    public bool Equals(Event<T> other) => ReferenceEquals(Recorded, other.Recorded);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is Event<T> other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => Recorded?.GetHashCode() ?? 0;
}
