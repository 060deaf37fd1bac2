using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>An event that a subscription's consumer has failed to process, and that its shard stands at.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Position">The event's position.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="FirstFailedAt">When it failed first, by the clock of the node.</param>
/// <param name="LastFailedAt">When it failed last, by the clock of the node.</param>
/// <param name="Reason">Why, as its consumer or the error said; at most 4,000 characters.</param>
/// <param name="IsFaulted">Whether the shard has stopped for good, until an operator resumes or rewinds it.</param>
public sealed record DeliveryFailure(
    ShardName Shard, Position Position, int Attempts, DateTimeOffset FirstFailedAt, DateTimeOffset LastFailedAt, string Reason,
    bool IsFaulted);
