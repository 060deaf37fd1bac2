namespace Tidemark.Projections;

/// <summary>
/// Hands the messages of projections on: to a broker, a mail server. Registered with <c>UseOutbox</c>. Called by several shards at once, by
/// each one call at a time.
/// </summary>
public interface IOutboxPublisher
{
    /// <summary>
    /// Publishes messages in the order given. When it returns, they are removed from the outbox; when it throws, or the process ends
    /// first, all of them come again, under the same ids: receivers drop repeats by <see cref="OutboxMessage.Id"/>. An error pauses the
    /// projection, which shows it and tries again by itself; the projection's read model keeps what was committed.
    /// </summary>
    ValueTask PublishAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken);
}
