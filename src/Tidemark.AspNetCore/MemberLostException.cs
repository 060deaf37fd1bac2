namespace Tidemark.AspNetCore;

/// <summary>The connection of a member ended while something was asked over it.</summary>
internal sealed class MemberLostException() : Exception("The connection of the consumer ended.");
