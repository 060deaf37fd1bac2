using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;
using Tidemark.Protocol;
using Tidemark.Protocol.Frames;

namespace Tidemark.Simulation.Tests.Sessions;

/// <summary>
/// One owner of the shard: what an agent does around its session, over a store that it may be fenced from. Everything in here is lost in a
/// crash.
/// </summary>
internal sealed class ModelAgent
{
    private const string Partition = "0-1023";

    private readonly DeliveryHistory _history;
    private readonly long _epoch;
    private readonly DeliverySession _session;
    private readonly List<long> _batch = [];
    private HandshakeToken _durable;
    private DeliveryOffer _offer;
    private HandshakeQuestion _question;
    private ulong _queued;
    private ulong _passed;
    private long _cursor;

    public ModelAgent(DeliveryHistory history, long epoch, QuestionNumbers numbers)
    {
        _history = history;
        _epoch = epoch;
        _session = new DeliverySession(history.Rule.IsOwn ? TokenKeeper.Consumer : TokenKeeper.Store, numbers);
    }

    public bool IsOver { get; private set; }

    public long Epoch => _epoch;

    public bool IsWaiting => _session.Phase is SessionPhase.Asking or SessionPhase.Offered;

    public bool IsDone => _session.Phase == SessionPhase.Ready && _cursor == _history.Log.Mark;

    public Connection? Connection { get; private set; }

    private bool IgnoresOwnTokens => _history.Mutant == Mutant.OwnTokenIgnored;

    private ModelStore Store => _history.Store;

    /// <summary>It gets on with what it can do by itself.</summary>
    /// <param name="maySync">Whether a state sync is due.</param>
    /// <returns>Whether it began one.</returns>
    public bool Step(bool maySync)
    {
        switch (_session.Phase)
        {
            case SessionPhase.Detached:
                Handshake();
                break;
            case SessionPhase.Ready when maySync:
                Ask(_history.Rule.IsOwn ? _history.Start : _session.LastToken);
                return true;
            case SessionPhase.Ready when _cursor < _history.Log.Mark:
                Deliver();
                break;
            default:
                break;
        }

        return false;
    }

    /// <summary>It has waited for long enough, or its connection broke.</summary>
    public void TimeOut(bool connectionToo)
    {
        if (_session.Phase == SessionPhase.Offered)
            _history.Spec.Disrupted();
        _session.Lost();
        if (connectionToo)
            Connection = null;
    }

    /// <summary>Its process ends, or it learns that its lease has run out.</summary>
    public void Crash() => IsOver = true;

    /// <summary>It asks again without waiting any longer.</summary>
    public void AskAgain()
    {
        if (_session.Phase == SessionPhase.Asking)
            Ask(_question.Fallback);
    }

    public void Receive(Frame frame)
    {
        if (IsOver || (frame is TokenFrame { Token: null, Number: var number } && IsOfOffer(number)))
            return;
        var mark = new Position(_history.Log.Mark);
        var verdict = frame switch
        {
            AckFrame ack => _session.Answered(Number(ack.Number), DeliveryAnswer.Of(OutcomeOf(ack)), mark),
            TokenFrame token when IsOfOffer(token.Number) =>
                _session.Answered(Number(token.Number), DeliveryAnswer.Elsewhere(TokenOf(token.Token!.Value)), mark),
            TokenFrame token => _session.Answered(
                Number(token.Number), token.Token is { } own && !IgnoresOwnTokens ? TokenOf(own) : null, mark),
            _ => throw new InvalidOperationException($"{frame} is not for an agent."),
        };
        _history.Say($"agent e{_epoch} takes {frame}: {verdict.Kind} {verdict.Token}");
        Obey(verdict);
    }

    public static WireToken WireOf(HandshakeToken token) => token.Kind == HandshakeTokenKind.Start
        ? WireToken.Start(token.Position.Value)
        : WireToken.Delivered(token.Position.Value);

    private static HandshakeToken TokenOf(WireToken token) => token.Kind == WireTokenKind.Start
        ? HandshakeToken.Start(new(token.Position))
        : HandshakeToken.Delivered(new(token.Position));

    private bool IsOfOffer(long number) => _session.Phase == SessionPhase.Offered && Number(number) == _offer.Number;

    private long Number(long number) => _history.Mutant != Mutant.NumbersIgnored ? number
        : _session.Phase == SessionPhase.Offered ? _offer.Number
        : _session.Phase == SessionPhase.Asking ? _question.Number : number;

    private DeliveryOutcome OutcomeOf(AckFrame ack)
    {
        Position? through = ack.Through is { } value ? new Position(value) : null;
        _history.Tally.Partly += through is null ? 0 : 1;
        return ack.Outcome switch
        {
            AckOutcome.Done when _history.Mutant == Mutant.PartCountsAsWhole => DeliveryOutcome.Done,
            AckOutcome.RetryAfter when _history.Mutant == Mutant.RetryCountsAsDone => DeliveryOutcome.Done,
            AckOutcome.Done => through is { } done ? DeliveryOutcome.DoneThrough(done) : DeliveryOutcome.Done,
            AckOutcome.RetryAfter => DeliveryOutcome.RetryAfter(TimeSpan.FromMilliseconds(ack.RetryAfterMs ?? 0), ack.Reason!, through),
            AckOutcome.Park => DeliveryOutcome.Park(ack.Reason!, through),
            AckOutcome.Skip => DeliveryOutcome.Skip(ack.Reason!, through),
            _ => DeliveryOutcome.Stop(ack.Reason!, through),
        };
    }

    private void Handshake()
    {
        if (!Store.Open(_epoch) && _history.Mutant != Mutant.FenceIgnored)
        {
            Fenced();
            return;
        }

        if (Connection is null)
        {
            Connection = new Connection(this);
            _history.Connect(Connection);
        }

        _durable = Store.Token;
        Ask(_history.Rule.IsOwn && !IgnoresOwnTokens ? _history.Start : _durable);
    }

    private void Ask(HandshakeToken fallback)
    {
        _question = _session.Ask(fallback);
        Send(new AskFrame(Partition, _question.Number, WireOf(fallback)));
    }

    private void Send(Frame frame)
    {
        _history.Say($"agent e{_epoch} sends {frame}");
        Connection!.ToConsumer.Add(frame);
    }

    private void Deliver()
    {
        var through = Gather();
        if (_batch.Count == 0 && !(_history.Rule.IsOwn && _history.Random.Next(3) == 0))
        {
            PassBy(through);
            return;
        }

        // A consumer that keeps its own token moves on before its answer is known: what waits behind a dead letter is recorded first.
        if (_queued != 0 && _history.Rule.IsOwn && _history.Mutant != Mutant.ParkedQueueAfterDelivery && !Commit(_durable, _queued, 0))
            return;

        _history.Tally.Offers++;
        _history.Tally.Empty += _batch.Count == 0 ? 1 : 0;
        Position? last = _batch.Count == 0 ? null : new Position(_batch[^1]);
        _offer = _session.Offer(last, new(through));
        var events = new WireEvent[_batch.Count];
        for (var i = 0; i < events.Length; i++)
            events[i] = new WireEvent { Position = _batch[i] };
        Send(new DeliverFrame(Partition, _offer.Number, WireOf(_offer.Offered), through, events));
        if (_history.Mutant == Mutant.CommitBeforeAnswer)
            Commit(HandshakeToken.Delivered(new(through)), _queued, 0);
    }

    // A batch and how far it reaches: to its last event, or over some that do not concern the consumer.
    private long Gather()
    {
        _batch.Clear();
        _queued = 0;
        var stop = Math.Min(_history.Log.Mark, _cursor + _history.Random.Next(1, 12));
        var position = _cursor;
        while (position < stop && _batch.Count < _history.BatchMax)
        {
            position++;
            if (!_history.Log.Relevant.Has(position) || (Store.Recorded | _passed).Has(position))
                continue;
            if (!Store.IsParked(_history.Log.StreamOf(position)))
                _batch.Add(position);
            else if (_history.Mutant != Mutant.ParkedQueueForgotten)
                _queued |= Bits.At(position);
        }

        return position;
    }

    // Progress that concerns nobody may be written late; what waits behind a dead letter is written at once.
    private void PassBy(long through)
    {
        var isWritten = _queued != 0 || (!_history.Rule.IsOwn && _history.Random.Next(3) == 0);
        if (isWritten && !Commit(HandshakeToken.Delivered(new(through)), _queued, 0))
            return;
        _cursor = through;
    }

    private void Obey(in Verdict verdict)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Ignore:
                _history.Tally.Ignored++;
                break;
            case VerdictKind.Same:
                _history.Tally.Same++;
                break;
            case VerdictKind.Begin or VerdictKind.Reposition:
                _history.Tally.Repositions += verdict.Kind == VerdictKind.Reposition ? 1 : 0;
                _cursor = CursorFor(verdict.Token);
                break;
            case VerdictKind.Ahead:
                _history.Tally.Ahead++;
                break;
            case VerdictKind.ProtocolError:
                _history.Spec.Fail($"an honest consumer is accused: {verdict.Reason}");
                break;
            case VerdictKind.AskAgain:
                break;
            default:
                Settle(verdict);
                break;
        }
    }

    private void Settle(in Verdict verdict)
    {
        var after = verdict.Token.After.Value;
        var records = _queued & Bits.Through(after);
        var parks = 0;
        if (verdict.Kind is VerdictKind.Park or VerdictKind.Skip)
        {
            var bad = _batch.Find(position => position > after);
            if (verdict.Kind == VerdictKind.Park)
                parks = 1 << _history.Log.StreamOf(bad);
            if (verdict.Kind == VerdictKind.Skip && _history.Mutant == Mutant.SkipWithoutRecord)
                _passed |= Bits.At(bad);
            else
                records |= Bits.At(bad);
            _history.Tally.Recorded++;
        }

        // With stored tokens what was passed already stays passed.
        var token = !_history.Rule.IsOwn && after < _durable.After.Value ? _durable : verdict.Token;
        if (_history.Mutant != Mutant.CommitBeforeAnswer && !Commit(token, records, parks))
            return;
        _cursor = CursorFor(verdict.Token);
        if (verdict.Kind != VerdictKind.Stop)
            return;
        Store.IsFaulted = true;
        _history.Tally.Faulted++;
        IsOver = true;
    }

    private long CursorFor(HandshakeToken token) => _history.Mutant switch
    {
        Mutant.ExclusiveStart => token.Position.Value,
        Mutant.InclusiveDelivered => Math.Max(0, token.Position.Value - 1),
        _ => token.After.Value,
    };

    // A commit fails, fails without an answer, or is refused because a newer owner came.
    private bool Commit(HandshakeToken token, ulong records, int parks)
    {
        var fault = _history.CommitFault();
        if (fault == 1)
        {
            _history.Spec.Disrupted();
            _session.Lost();
            return false;
        }

        if (!Store.Commit(_epoch, _durable, token, records, parks, fenced: _history.Mutant != Mutant.FenceIgnored))
        {
            Fenced();
            return false;
        }

        _history.Say($"agent e{_epoch} commits {token}, records {records:x}");
        _durable = token;
        if (fault != 2)
            return true;
        _session.Lost();
        return false;
    }

    private void Fenced()
    {
        _history.Tally.Fenced++;
        _history.Spec.Disrupted();
        IsOver = true;
    }
}
