using Tidemark.Checkpoints;
using Tidemark.Events;

namespace Tidemark.Delivery.Sessions;

/// <summary>What travels with a batch of events.</summary>
/// <param name="Number">The number of the question; its answer carries it.</param>
/// <param name="Offered">
/// Where the agent believes the consumer to stand: the token that the consumer confirmed last. A consumer that stands elsewhere
/// processes nothing.
/// </param>
/// <param name="Last">The position of the last event of the batch; the offered token's own place when it holds none.</param>
/// <param name="Through">When all is processed, the consumer stands at <c>Delivered(Through)</c>. At or after the last event.</param>
internal readonly record struct DeliveryOffer(long Number, HandshakeToken Offered, Position Last, Position Through);
