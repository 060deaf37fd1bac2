using Tidemark.Checkpoints;

namespace Tidemark.Delivery.Sessions;

/// <summary>What follows from an answer.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Token">
/// Where the consumer stands now, for the kinds that speak of a token. For <see cref="VerdictKind.Advance"/> and those like it, every event
/// of the offer up to <c>Token.After</c> is processed, which is none when the token is the offered one.
/// </param>
/// <param name="Delay">For <see cref="VerdictKind.Retry"/>, the shortest wait the consumer asked for; zero when it did not.</param>
/// <param name="Reason">Why: the consumer's reason, or the protocol error.</param>
internal readonly record struct Verdict(VerdictKind Kind, HandshakeToken Token, TimeSpan Delay, string? Reason)
{
    public static readonly Verdict Ignore;

    public static Verdict At(VerdictKind kind, HandshakeToken token) => new(kind, token, TimeSpan.Zero, null);

    public static Verdict ProtocolError(HandshakeToken token, string reason) =>
        new(VerdictKind.ProtocolError, token, TimeSpan.Zero, reason);
}
