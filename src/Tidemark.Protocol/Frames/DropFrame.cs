namespace Tidemark.Protocol.Frames;

/// <summary>Server: the connection is closed after this.</summary>
/// <param name="Code">Why.</param>
/// <param name="Message">Why, for people.</param>
public sealed record DropFrame(ErrorCode Code, string Message) : Frame;
