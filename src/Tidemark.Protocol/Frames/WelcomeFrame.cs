namespace Tidemark.Protocol.Frames;

/// <summary>Server: the answer to hello. Partitions follow, each with an ask.</summary>
/// <param name="Session">The name of this connection in logs.</param>
/// <param name="HeartbeatMs">Each side sends something at least this often, in milliseconds, and gives the other up after three times as
/// long.</param>
/// <param name="Incarnation">Grows when the subscription is deleted and made anew: tokens of another incarnation mean nothing.</param>
/// <param name="FrameBytesMax">The largest frame that the server takes.</param>
/// <param name="BatchEventsMax">The most events in one delivery.</param>
public sealed record WelcomeFrame(string Session, int HeartbeatMs, int Incarnation, int FrameBytesMax, int BatchEventsMax) : Frame;
