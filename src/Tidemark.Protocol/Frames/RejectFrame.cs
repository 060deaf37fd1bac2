namespace Tidemark.Protocol.Frames;

/// <summary>Server: the answer to a hello that is refused; the connection is closed after it.</summary>
/// <param name="Code">Why.</param>
/// <param name="Message">Why, for people.</param>
/// <param name="Location">For <see cref="ErrorCode.Moved"/>: the address to connect to.</param>
public sealed record RejectFrame(ErrorCode Code, string Message, string? Location = null) : Frame;
