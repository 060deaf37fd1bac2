using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>Port: the dead letters of an event database. They are written in the commit that moves the checkpoint past the event.</summary>
public interface IDeadLetterStore
{
    /// <summary>Reads dead letters in the order (position, shard).</summary>
    /// <param name="projection">Only those of this projection; null for all.</param>
    /// <param name="after">Only those after this position.</param>
    /// <param name="countMax">
    /// How many at most, at least 1; the others of the last one's position come with it, so that a next page can follow.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<IReadOnlyList<DeadLetter>> ReadAsync(string? projection, Position after, int countMax, CancellationToken cancellationToken);
}
