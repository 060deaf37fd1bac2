using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>What a projection causes beside its read model; see <c>Raise</c> of a document projection.</summary>
public abstract record SideEffect
{
    private protected SideEffect()
    {
    }

    /// <summary>
    /// Appends events to a stream of the causing event's tenant, in the transaction that moves the projection's checkpoint: exactly once.
    /// The events' ids follow from the projection, the causing event and their order; their metadata names the causing event.
    /// </summary>
    /// <param name="stream">The stream, at whatever version it is. An archived one is an error of the causing event.</param>
    /// <param name="events">Objects of registered types.</param>
    public static SideEffect Append(StreamId stream, params IReadOnlyList<object> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        return new AppendEffect(stream, events);
    }

    /// <summary>
    /// Stores a message in the transaction that moves the projection's checkpoint, and hands it to the <see cref="IOutboxPublisher"/> after
    /// it: at least once, always under the same id, in order for each shard.
    /// </summary>
    /// <param name="name">What kind of message it is: 1 to 200 characters.</param>
    /// <param name="message">The message; kept as JSON.</param>
    public static SideEffect Publish(string name, object message)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, OutboxMessage.NameLengthMax, nameof(name));
        return new MessageEffect(name, message);
    }
}

/// <summary>Events to append.</summary>
internal sealed record AppendEffect(StreamId Stream, IReadOnlyList<object> Events) : SideEffect;

/// <summary>A message to publish.</summary>
internal sealed record MessageEffect(string Name, object Message) : SideEffect;
