using Tidemark.Protocol;

namespace Tidemark.Client;

/// <summary>How a connection ended.</summary>
/// <param name="Code">The error; null when it broke without one.</param>
/// <param name="Message">Why, for people.</param>
/// <param name="HasAnswered">Whether a delivery was answered on it.</param>
/// <param name="Location">Where to connect instead.</param>
internal sealed record ConnectionEnd(ErrorCode? Code, string Message, bool HasAnswered, string? Location = null);
