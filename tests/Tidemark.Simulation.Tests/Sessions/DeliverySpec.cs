using Tidemark.Checkpoints;

namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>
/// What delivery promises, without sessions, numbers or epochs: of the events that concern the subscription, from its start on, each takes
/// effect in order or is recorded; with own tokens once; with stored tokens again only where a fault explains it, a batch for each.
/// </summary>
internal sealed class DeliverySpec(ModelLog log, ModelStore store, TokenRule rule, int batchMax)
{
    private long _from = FirstAt(store.Token);
    private ulong _excused;
    private ulong _mayRepeat;
    private ulong _late;
    private int _repeats;
    private int _repeatsMax;

    public ulong Effects { get; private set; }

    public int Repeats => _repeats;

    public string? Violation { get; private set; }

    /// <summary>The first position that is delivered. Written out here, so that the model does not share the rule it checks.</summary>
    public static long FirstAt(HandshakeToken token) =>
        token.Kind == HandshakeTokenKind.Start ? token.Position.Value : token.Position.Value + 1;

    /// <summary>Something failed: with stored tokens, what was in flight may take effect again.</summary>
    public void Disrupted() => _repeatsMax += batchMax;

    /// <summary>An event takes effect.</summary>
    public void Took(long position)
    {
        if (position < _from)
            Fail($"{position} takes effect, and the subscription starts at {_from}");
        if (!log.Relevant.Has(position))
            Fail($"{position} takes effect and does not concern the subscription");
        var missing = Due(position - 1) & ~(Waiting() | _late);
        if (missing != 0)
            Fail($"{position} takes effect before {missing.First()}, which has no record either");
        if (rule.IsStrict && store.Recorded.Has(position))
            Fail($"{position} takes effect and was recorded instead");
        if (Effects.Has(position))
            Again(position);
        Effects |= Bits.At(position);
    }

    /// <summary>Somebody set the consumer's or the server's token to another place.</summary>
    public void MovedByHand(HandshakeToken to, bool effectsGoBack)
    {
        var first = FirstAt(to);
        var after = ~Bits.Through(first - 1);
        if (effectsGoBack)
            Effects &= ~after;
        _mayRepeat |= Effects & after;
        _repeatsMax += (Effects & after).Count();
        // The delivery in flight goes on behind a stored token's back; what lies before the former start only has to come in the end.
        if (!rule.IsOwn)
            _late |= after & Bits.Through(_from - 1);
        _from = Math.Min(_from, Math.Max(first, 1));
        _excused |= Bits.Through(first - 1);
    }

    /// <summary>All has ended and nothing is in flight.</summary>
    public void Ended()
    {
        var missing = Due(log.Mark);
        if (missing != 0)
            Fail($"{missing.First()} was skipped: it neither took effect nor was it recorded");
    }

    public void Fail(string violation) => Violation ??= violation;

    private ulong Due(long through) =>
        log.Relevant & Bits.Through(through) & ~Bits.Through(_from - 1) & ~(Effects | store.Recorded | _excused);

    // With stored tokens, the events of a parked stream may be recorded with the token that passes them, and not before.
    private ulong Waiting()
    {
        var waiting = 0UL;
        for (var stream = 0; stream < ModelLog.Streams && !rule.IsOwn; stream++)
            waiting |= store.IsParked(stream) ? log.OfStream(stream) : 0;
        return waiting;
    }

    private void Again(long position)
    {
        _repeats++;
        if (rule.IsOwn && !_mayRepeat.Has(position))
            Fail($"{position} takes effect twice");
        else if (_repeats > _repeatsMax)
            Fail($"{position} takes effect again, and no fault explains it ({_repeats} repeats, {_repeatsMax} explained)");
        _mayRepeat &= ~Bits.At(position);
    }
}

/// <summary>Which promises hold in a history.</summary>
/// <param name="IsOwn">The consumer keeps its tokens.</param>
/// <param name="IsStrict">The consumer has one connection at a time.</param>
internal readonly record struct TokenRule(bool IsOwn, bool IsStrict);
