using Tidemark.Checkpoints;
using Tidemark.Delivery;
using Tidemark.Delivery.Sessions;
using Tidemark.Events;

namespace Tidemark.Tests.Delivery;

public sealed class DeliverySessionTests
{
    private static readonly Position Mark = new(100);
    private readonly QuestionNumbers _numbers = new();

    [Fact]
    public void Handshake_stands_at_the_consumers_token_or_at_the_fallback()
    {
        Begin(Own(), HandshakeToken.Start(new(5))).ShouldBe(Verdict.At(VerdictKind.Begin, HandshakeToken.Start(new(5))));
        Begin(Own(), null).ShouldBe(Verdict.At(VerdictKind.Begin, HandshakeToken.Start(new(1))));
        Begin(Stored(), null).ShouldBe(Verdict.At(VerdictKind.Begin, HandshakeToken.Start(new(1))));
        Begin(Stored(), HandshakeToken.Start(new(1))).Kind.ShouldBe(VerdictKind.Begin);
        Begin(Stored(), HandshakeToken.Start(new(2))).Kind.ShouldBe(VerdictKind.ProtocolError);
    }

    [Fact]
    public void Only_the_answer_to_the_latest_question_counts()
    {
        var session = Own();
        var first = session.Ask(HandshakeToken.Start(new(1)));
        var second = session.Ask(HandshakeToken.Start(new(1)));

        session.Answered(first.Number, HandshakeToken.Delivered(new(9)), Mark).Kind.ShouldBe(VerdictKind.Ignore);
        session.Answered(second.Number, HandshakeToken.Delivered(new(8)), Mark).Kind.ShouldBe(VerdictKind.Begin);
        session.Answered(second.Number, HandshakeToken.Delivered(new(9)), Mark).Kind.ShouldBe(VerdictKind.Ignore);

        session.LastToken.ShouldBe(HandshakeToken.Delivered(new(8)));
    }

    [Fact]
    public void Answer_to_what_was_lost_is_ignored()
    {
        var session = Ready(Own(), HandshakeToken.Delivered(new(5)));
        var offer = session.Offer(new(7), new(7));
        session.Lost();

        session.Answered(offer.Number, DeliveryAnswer.Of(DeliveryOutcome.Done), Mark).Kind.ShouldBe(VerdictKind.Ignore);

        session.Phase.ShouldBe(SessionPhase.Detached);
        session.LastToken.ShouldBe(HandshakeToken.Delivered(new(5)));
    }

    [Fact]
    public void State_sync_tells_same_from_moved()
    {
        var session = Ready(Own(), HandshakeToken.Delivered(new(5)));

        Sync(session, HandshakeToken.Delivered(new(5))).ShouldBe(Verdict.At(VerdictKind.Same, HandshakeToken.Delivered(new(5))));
        Sync(session, HandshakeToken.Start(new(6))).ShouldBe(Verdict.At(VerdictKind.Reposition, HandshakeToken.Start(new(6))));
        Sync(session, null).ShouldBe(Verdict.At(VerdictKind.Reposition, HandshakeToken.Start(new(1))));
        Sync(session, HandshakeToken.Delivered(new(101))).ShouldBe(Verdict.At(VerdictKind.Ahead, HandshakeToken.Delivered(new(101))));
        session.Phase.ShouldBe(SessionPhase.Detached);
    }

    [Fact]
    public void Token_at_the_end_of_the_log_is_not_ahead()
    {
        Begin(Own(), HandshakeToken.Delivered(Mark)).Kind.ShouldBe(VerdictKind.Begin);
        Begin(Own(), HandshakeToken.Start(new(101))).Kind.ShouldBe(VerdictKind.Begin);
        Begin(Own(), HandshakeToken.Start(new(102))).Kind.ShouldBe(VerdictKind.Ahead);
    }

    [Fact]
    public void Handshake_while_a_batch_is_in_flight_begins_anew()
    {
        var session = Ready(Own(), HandshakeToken.Delivered(new(5)));
        var offer = session.Offer(new(7), new(7));
        var question = session.Ask(HandshakeToken.Start(new(1)));

        session.Answered(offer.Number, DeliveryAnswer.Of(DeliveryOutcome.Done), Mark).Kind.ShouldBe(VerdictKind.Ignore);
        session.Answered(question.Number, HandshakeToken.Delivered(new(5)), Mark).Kind.ShouldBe(VerdictKind.Begin);
    }

    [Fact]
    public void What_is_done_moves_the_token_as_far()
    {
        Answer(DeliveryOutcome.Done).ShouldBe(Verdict.At(VerdictKind.Advance, HandshakeToken.Delivered(new(9))));
        Answer(DeliveryOutcome.DoneThrough(new(6))).ShouldBe(Verdict.At(VerdictKind.Advance, HandshakeToken.Delivered(new(6))));
        var wait = TimeSpan.FromSeconds(3);
        Answer(DeliveryOutcome.RetryAfter(wait, "r", new(6)))
            .ShouldBe(new Verdict(VerdictKind.Retry, HandshakeToken.Delivered(new(6)), wait, "r"));
        Answer(DeliveryOutcome.Park("r")).ShouldBe(new Verdict(VerdictKind.Park, HandshakeToken.Start(new(5)), default, "r"));
        Answer(DeliveryOutcome.Skip("r", new(6))).ShouldBe(new Verdict(VerdictKind.Skip, HandshakeToken.Delivered(new(6)), default, "r"));
        Answer(DeliveryOutcome.Stop("r")).ShouldBe(new Verdict(VerdictKind.Stop, HandshakeToken.Start(new(5)), default, "r"));
    }

    [Fact]
    public void Illegal_answer_moves_nothing()
    {
        IsProtocolError(DeliveryAnswer.Of(default));
        IsProtocolError(DeliveryAnswer.Of(DeliveryOutcome.DoneThrough(new(4))));
        IsProtocolError(DeliveryAnswer.Of(DeliveryOutcome.DoneThrough(new(10))));
        IsProtocolError(DeliveryAnswer.Of(DeliveryOutcome.Park("the last one is done", new(8))));
        IsProtocolError(DeliveryAnswer.Elsewhere(HandshakeToken.Start(new(5))));

        var session = Ready(Own(), HandshakeToken.Start(new(5)));
        session.Answered(1_000, DeliveryAnswer.Of(DeliveryOutcome.Done), Mark).Kind.ShouldBe(VerdictKind.ProtocolError);
        var question = session.Ask(HandshakeToken.Start(new(1)));
        session.Answered(question.Number, DeliveryAnswer.Of(DeliveryOutcome.Done), Mark).Kind.ShouldBe(VerdictKind.ProtocolError);
    }

    [Fact]
    public void Consumer_that_stands_elsewhere_is_followed_unless_the_store_keeps_its_token()
    {
        var elsewhere = DeliveryAnswer.Elsewhere(HandshakeToken.Delivered(new(2)));

        Answer(elsewhere, Own()).ShouldBe(Verdict.At(VerdictKind.Reposition, HandshakeToken.Delivered(new(2))));
        Answer(elsewhere, Stored()).Kind.ShouldBe(VerdictKind.AskAgain);
        Answer(DeliveryAnswer.Elsewhere(HandshakeToken.Delivered(new(101))), Own()).Kind.ShouldBe(VerdictKind.Ahead);
    }

    [Fact]
    public void Empty_offer_moves_the_token_only()
    {
        var session = Ready(Own(), HandshakeToken.Start(new(5)));

        var offer = session.Offer(null, new(50));

        session.Answered(offer.Number, DeliveryAnswer.Of(DeliveryOutcome.Done), Mark).Token.ShouldBe(HandshakeToken.Delivered(new(50)));
        var next = session.Offer(null, new(60));
        session.Answered(next.Number, DeliveryAnswer.Of(DeliveryOutcome.Skip("what?")), Mark).Kind.ShouldBe(VerdictKind.ProtocolError);
    }

    [Fact]
    public void Offer_that_cannot_be_is_an_error_of_the_caller()
    {
        Should.Throw<InvalidOperationException>(() => Own().Offer(new(1), new(1)));
        var session = Ready(Own(), HandshakeToken.Delivered(new(5)));
        Should.Throw<InvalidOperationException>(() => session.Offer(new(5), new(6)));
        Should.Throw<InvalidOperationException>(() => session.Offer(new(7), new(6)));
        Should.Throw<InvalidOperationException>(() => session.Offer(null, new(5)));
        session.Offer(new(6), new(6)).Offered.ShouldBe(HandshakeToken.Delivered(new(5)));
        Should.Throw<InvalidOperationException>(() => session.Offer(new(7), new(7)));
    }

    [Fact]
    public void Outcome_says_what_it_needs()
    {
        Should.Throw<ArgumentException>(() => DeliveryOutcome.Park(" "));
        Should.Throw<ArgumentOutOfRangeException>(() => DeliveryOutcome.RetryAfter(TimeSpan.FromTicks(-1), "r"));
        Should.Throw<ArgumentOutOfRangeException>(() => DeliveryOutcome.DoneThrough(Position.Beginning));
        default(DeliveryOutcome).Kind.ShouldBe(DeliveryOutcomeKind.None);
    }

    [Fact]
    public void Delivery_that_is_done_allocates_nothing()
    {
        var session = Ready(Own(), HandshakeToken.Delivered(new(0)));
        Deliver(session, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var position = 2; position < 1_000; position++)
            Deliver(session, position);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static void Deliver(DeliverySession session, long position)
    {
        var offer = session.Offer(new(position), new(position));
        if (session.Answered(offer.Number, DeliveryAnswer.Of(DeliveryOutcome.Done), Position.Max).Kind != VerdictKind.Advance)
            throw new InvalidOperationException("It did not advance.");
    }

    private DeliverySession Own() => new(TokenKeeper.Consumer, _numbers);

    private DeliverySession Stored() => new(TokenKeeper.Store, _numbers);

    private static Verdict Begin(DeliverySession session, HandshakeToken? own) =>
        session.Answered(session.Ask(HandshakeToken.Start(new(1))).Number, own, Mark);

    private static Verdict Sync(DeliverySession session, HandshakeToken? own) => Begin(session, own);

    private static DeliverySession Ready(DeliverySession session, HandshakeToken token)
    {
        session.Answered(session.Ask(token).Number, null, Mark).ShouldBe(Verdict.At(VerdictKind.Begin, token));
        return session;
    }

    private Verdict Answer(DeliveryOutcome outcome) => Answer(DeliveryAnswer.Of(outcome), Own());

    // A batch from 5 to 8, through 9.
    private static Verdict Answer(DeliveryAnswer answer, DeliverySession session)
    {
        Ready(session, HandshakeToken.Start(new(5)));
        var offer = session.Offer(new(8), new(9));
        return session.Answered(offer.Number, answer, Mark);
    }

    private void IsProtocolError(DeliveryAnswer answer)
    {
        var session = Own();
        Answer(answer, session).Kind.ShouldBe(VerdictKind.ProtocolError);
        session.LastToken.ShouldBe(HandshakeToken.Start(new(5)));
        session.Phase.ShouldBe(SessionPhase.Detached);
    }
}
