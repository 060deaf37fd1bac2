using Tidemark.Checkpoints;
using Tidemark.Events;

namespace Tidemark.Delivery.Sessions;

/// <summary>
/// The agent's side of the delivery to one partition's consumer: what was asked, what is in flight, where the consumer stands. It decides;
/// its caller sends, waits, moves the cursor and commits. Knows no clock, socket, thread or store. Calls come one at a time.
/// <code>
/// Detached ──Ask──► Asking ──Answered──► Ready ──Offer──► Offered ──Answered──► Ready
///     ▲                ▲                   │                │
///     │                └────────Ask────────┴────────────────┘
///     └──Lost, Ahead, AskAgain, Stop, ProtocolError── (from everywhere)
/// </code>
/// <list type="bullet">
/// <item>Every question has a number, and only the answer to the latest question counts. A question of any kind voids the one before
/// it.</item>
/// <item>What is offered is always the token that the consumer confirmed last, by a handshake or by an answer. Events that do not
/// concern it, or
/// that were recorded instead, lie between that token and the batch without being named; nobody has to tell the consumer about them.</item>
/// <item>The last token moves only by an answer that counts, and only within what was offered or to what the consumer says it stands
/// at.</item>
/// </list>
/// </summary>
internal sealed class DeliverySession(TokenKeeper keeper, QuestionNumbers numbers)
{
    private long _latest;
    private HandshakeToken _fallback;
    private DeliveryOffer _offer;
    private bool _isSync;

    /// <summary>Who keeps the durable token.</summary>
    public TokenKeeper Keeper => keeper;

    /// <summary>Its phase.</summary>
    public SessionPhase Phase { get; private set; }

    /// <summary>The token that the consumer confirmed last. Means nothing while <see cref="SessionPhase.Detached"/>.</summary>
    public HandshakeToken LastToken { get; private set; }

    /// <summary>
    /// Begins a handshake, from every phase; what is in flight is void. While <see cref="SessionPhase.Ready"/> it is a state sync.
    /// </summary>
    /// <param name="fallback">
    /// Where the consumer stands if it has no token of its own. When the store keeps the token: the durable one (for a state sync,
    /// <see cref="LastToken"/>).
    /// When the consumer keeps it: always the configured start, because no token there means that its store is empty.
    /// </param>
    public HandshakeQuestion Ask(HandshakeToken fallback)
    {
        _isSync = Phase == SessionPhase.Ready || (Phase == SessionPhase.Asking && _isSync);
        Phase = SessionPhase.Asking;
        _fallback = fallback;
        _latest = numbers.Next();
        return new HandshakeQuestion(_latest, fallback);
    }

    /// <summary>The consumer answered a handshake.</summary>
    /// <param name="number">The number of the question it answers.</param>
    /// <param name="own">Its token; null when it has none, or when the store keeps it.</param>
    /// <param name="mark">The high-water mark, read after the answer came: a token behind it cannot be true.</param>
    /// <returns><c>Begin</c>, <c>Same</c>, <c>Reposition</c>, <c>Ignore</c>, <c>Ahead</c> or <c>ProtocolError</c>.</returns>
    public Verdict Answered(long number, HandshakeToken? own, Position mark)
    {
        if (IsLate(number, SessionPhase.Asking))
            return Verdict.Ignore;
        if (number != _latest || Phase != SessionPhase.Asking)
            return Fail($"Number {number} is a token for what was no handshake.");
        if (keeper == TokenKeeper.Store && own is { } foreign && foreign != _fallback)
            return Fail($"The store keeps the token, {_fallback}, and the consumer answered {foreign}.");

        var token = own ?? _fallback;
        if (token.After > mark)
            return Detach(VerdictKind.Ahead, token);
        var kind = !_isSync ? VerdictKind.Begin : token == LastToken ? VerdictKind.Same : VerdictKind.Reposition;
        return Stand(kind, token);
    }

    /// <summary>Puts a batch in flight. Only while <see cref="SessionPhase.Ready"/>.</summary>
    /// <param name="last">The position of its last event; null when it has none and only moves the consumer's token.</param>
    /// <param name="through">Where the consumer stands when it is processed; at or after the last event, after the last token.</param>
    /// <exception cref="InvalidOperationException">The phase is another one, or the range is none: an error of the caller.</exception>
    public DeliveryOffer Offer(Position? last, Position through)
    {
        if (Phase != SessionPhase.Ready)
            throw new InvalidOperationException($"Nothing can be offered while the session is {Phase}.");
        var after = LastToken.After;
        if (through <= after || last > through || last <= after)
            throw new InvalidOperationException($"Offered was {last} to {through}, which does not follow on {LastToken}.");
        Phase = SessionPhase.Offered;
        _latest = numbers.Next();
        return _offer = new DeliveryOffer(_latest, LastToken, last ?? after, through);
    }

    /// <summary>The consumer answered an offer.</summary>
    /// <param name="number">The number of the offer it answers.</param>
    /// <param name="answer">Its answer.</param>
    /// <param name="mark">The high-water mark; looked at only when the consumer stands elsewhere.</param>
    /// <returns>Every kind but <c>Begin</c> and <c>Same</c>.</returns>
    public Verdict Answered(long number, in DeliveryAnswer answer, Position mark)
    {
        if (IsLate(number, SessionPhase.Offered))
            return Verdict.Ignore;
        if (number != _latest || Phase != SessionPhase.Offered)
            return Fail($"Number {number} is an outcome for what was no delivery.");
        return answer.StandsAt is { } token ? FoundElsewhere(token, mark) : Settle(answer.Outcome);
    }

    /// <summary>The consumer is gone, or its answer is no longer waited for: what is in flight is void, and late answers are
    /// ignored.</summary>
    public void Lost() => Phase = SessionPhase.Detached;

    // A number that was never given is no late answer; the latest is late when it was answered already or is void.
    private bool IsLate(long number, SessionPhase waiting) =>
        number < _latest || (number == _latest && Phase != waiting && Phase is SessionPhase.Ready or SessionPhase.Detached);

    private Verdict FoundElsewhere(HandshakeToken token, Position mark)
    {
        if (token == _offer.Offered)
            return Fail($"The consumer says that it stands elsewhere than at {token}, which was offered, and names the same token.");
        if (keeper == TokenKeeper.Store)
            return Detach(VerdictKind.AskAgain, LastToken);
        return token.After > mark ? Detach(VerdictKind.Ahead, token) : Stand(VerdictKind.Reposition, token);
    }

    private Verdict Settle(in DeliveryOutcome outcome)
    {
        if (Illegal(outcome) is { } error)
            return Fail(error);
        if (outcome.Kind == DeliveryOutcomeKind.Done)
            return Stand(VerdictKind.Advance, HandshakeToken.Delivered(outcome.Through ?? _offer.Through));

        var token = outcome.Through is { } through ? HandshakeToken.Delivered(through) : _offer.Offered;
        LastToken = token;
        Phase = outcome.Kind == DeliveryOutcomeKind.Stop ? SessionPhase.Detached : SessionPhase.Ready;
        return new Verdict(KindOf(outcome.Kind), token, outcome.Delay, outcome.Reason);
    }

    private string? Illegal(in DeliveryOutcome outcome)
    {
        if (outcome.Kind == DeliveryOutcomeKind.None)
            return "The answer is no outcome. Answer DeliveryOutcome.Done when the events are processed.";
        if (outcome.Through is { } through && (through <= _offer.Offered.After || through > _offer.Through))
            return $"Done through {through} is not within the delivery, which follows on {_offer.Offered} and ends at {_offer.Through}.";
        var isAboutEvent = outcome.Kind is DeliveryOutcomeKind.Park or DeliveryOutcomeKind.Skip;
        var done = outcome.Through ?? _offer.Offered.After;
        return isAboutEvent && done >= _offer.Last
            ? $"{outcome.Kind} is about the first event after {done}, and the delivery's last one is at {_offer.Last}."
            : null;
    }

    private static VerdictKind KindOf(DeliveryOutcomeKind kind) => kind switch
    {
        DeliveryOutcomeKind.RetryAfter => VerdictKind.Retry,
        DeliveryOutcomeKind.Park => VerdictKind.Park,
        DeliveryOutcomeKind.Skip => VerdictKind.Skip,
        DeliveryOutcomeKind.Stop => VerdictKind.Stop,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private Verdict Stand(VerdictKind kind, HandshakeToken token)
    {
        LastToken = token;
        Phase = SessionPhase.Ready;
        return Verdict.At(kind, token);
    }

    private Verdict Detach(VerdictKind kind, HandshakeToken token)
    {
        Phase = SessionPhase.Detached;
        return Verdict.At(kind, token);
    }

    private Verdict Fail(string error)
    {
        Phase = SessionPhase.Detached;
        return Verdict.ProtocolError(LastToken, error);
    }
}
