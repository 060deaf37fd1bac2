using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Pulling;

namespace Tidemark.Shards;

/// <summary>
/// What an agent hands its consumer: where it believes the consumer to stand, and the events from there on. The two travel together.
/// </summary>
/// <param name="Offered">The token the agent last knows of.</param>
/// <param name="Slice">Events, and the position reached when they are processed; may hold none.</param>
/// <param name="SetAside">Events that are not to be processed but recorded, by position.</param>
/// <param name="Stop">
/// Take no more: a consumer that has stored a part of the slice may return the token of that part instead of going on.
/// </param>
internal readonly record struct ShardDelivery(
    HandshakeToken Offered, PageSlice Slice, IReadOnlyDictionary<Position, DeadLetter> SetAside, CancellationToken Stop);
