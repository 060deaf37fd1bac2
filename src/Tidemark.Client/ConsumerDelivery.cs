using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.Client;

/// <summary>Events that a consumer is handed, in the order of the log. Their memory is theirs: they may be kept.</summary>
/// <param name="Partition">Their partition. One delivery of a partition is open at a time; partitions are independent.</param>
/// <param name="Offered">Where the consumer stands.</param>
/// <param name="Token">Where it stands when all of it is processed.</param>
/// <param name="Events">The events; may be none, then only the token moves.</param>
public sealed record ConsumerDelivery(ConsumerPartition Partition, WireToken Offered, WireToken Token, IReadOnlyList<WireEvent> Events);
