namespace Tidemark.Protocol.Frames;

/// <summary>Server: a batch of events, with the token it follows on.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Number">The number of the question.</param>
/// <param name="Offered">Where the server believes the consumer to stand. A consumer that stands elsewhere processes nothing.</param>
/// <param name="Through">Processed, the consumer stands at <c>delivered:through</c>; at or after the last event.</param>
/// <param name="Events">The events in position order; may be none, then only the token moves.</param>
public sealed record DeliverFrame(string Partition, long Number, WireToken Offered, long Through, IReadOnlyList<WireEvent> Events) : Frame;
