using Tidemark.Protocol;
using Tidemark.Protocol.Frames;
using Tidemark.Protocol.Sessions;

namespace Tidemark.Tests.Protocol;

public sealed class ConsumerSessionTests
{
    private static readonly WelcomeFrame Welcome = new("s", 1000, 1, 1000, 10);

    [Fact]
    public void Stored_token_is_taken_from_the_ask_and_moves_with_what_is_done()
    {
        var session = Open(TokenKeeping.Stored);

        session.Receive(Ask(1, WireToken.Start(3))).Frame.ShouldBe(new TokenFrame("p", 1, null));
        session.Receive(Deliver(2, WireToken.Start(3), 3, 5)).Kind.ShouldBe(ConsumerStepKind.Process);
        session.Processed(Done(2)).Frame.ShouldBe(Done(2));

        session.Expected("p").ShouldBe(WireToken.Delivered(5));
    }

    [Fact]
    public void Delivery_that_offers_another_token_is_not_processed()
    {
        var session = Open(TokenKeeping.Own);
        session.Receive(Ask(1, WireToken.Start(1))).Kind.ShouldBe(ConsumerStepKind.ReadToken);
        session.TokenRead("p", 1, WireToken.Delivered(9)).Frame.ShouldBe(new TokenFrame("p", 1, WireToken.Delivered(9)));

        var step = session.Receive(Deliver(2, WireToken.Start(10), 10, 10));

        step.ShouldBe(new ConsumerStep(ConsumerStepKind.Send, new TokenFrame("p", 2, WireToken.Delivered(9))));
    }

    [Fact]
    public void Start_and_delivered_are_never_equal()
    {
        var session = Open(TokenKeeping.Stored);
        session.Receive(Ask(1, WireToken.Delivered(4)));

        session.Receive(Deliver(2, WireToken.Start(5), 5, 5)).Kind.ShouldBe(ConsumerStepKind.Send);
    }

    [Theory]
    [InlineData(AckOutcome.Done, 4L, 4L)]
    [InlineData(AckOutcome.Done, null, 6L)]
    [InlineData(AckOutcome.RetryAfter, 4L, 4L)]
    [InlineData(AckOutcome.Park, 4L, 4L)]
    [InlineData(AckOutcome.Skip, null, 2L)]
    [InlineData(AckOutcome.Stop, null, 2L)]
    public void Expected_token_follows_what_is_processed(AckOutcome outcome, long? through, long expected)
    {
        var session = Open(TokenKeeping.Stored);
        session.Receive(Ask(1, WireToken.Delivered(2)));
        session.Receive(Deliver(2, WireToken.Delivered(2), 4, 5, through: 6));

        session.Processed(Done(2) with { Outcome = outcome, Through = through, Reason = "why" });

        session.Expected("p").ShouldBe(WireToken.Delivered(expected));
    }

    [Fact]
    public void Late_and_repeated_questions_are_passed_over()
    {
        var session = Open(TokenKeeping.Stored);
        session.Receive(Ask(5, WireToken.Start(1)));

        session.Receive(Ask(5, WireToken.Start(1))).ShouldBe(ConsumerStep.None);
        session.Receive(Ask(4, WireToken.Start(9))).ShouldBe(ConsumerStep.None);
        session.Receive(Deliver(3, WireToken.Start(1), 1, 1)).ShouldBe(ConsumerStep.None);

        session.Expected("p").ShouldBe(WireToken.Start(1));
    }

    [Fact]
    public void Ask_waits_until_the_application_has_ended_and_its_answer_is_not_sent()
    {
        var session = Open(TokenKeeping.Own);
        session.Receive(Ask(1, WireToken.Start(1)));
        session.TokenRead("p", 1, null);
        session.Receive(Deliver(2, WireToken.Start(1), 1, 1));

        session.Receive(Ask(3, WireToken.Start(1))).ShouldBe(ConsumerStep.None);
        session.Receive(Ask(4, WireToken.Start(1))).ShouldBe(ConsumerStep.None);
        var step = session.Processed(Done(2));

        step.ShouldBe(new ConsumerStep(ConsumerStepKind.ReadToken, Ask(4, WireToken.Start(1))));
        session.TokenRead("p", 4, WireToken.Delivered(1)).Frame.ShouldBe(new TokenFrame("p", 4, WireToken.Delivered(1)));
    }

    [Fact]
    public void Revoked_partition_sends_no_answer_and_comes_back_with_an_ask()
    {
        var session = Open(TokenKeeping.Stored);
        session.Receive(Ask(1, WireToken.Start(1)));
        session.Receive(Deliver(2, WireToken.Start(1), 1, 1));

        session.Receive(new RevokeFrame("p")).Kind.ShouldBe(ConsumerStepKind.News);
        session.Processed(Done(2)).ShouldBe(ConsumerStep.None);

        session.Expected("p").ShouldBeNull();
        session.Receive(Ask(3, WireToken.Start(1))).Frame.ShouldBe(new TokenFrame("p", 3, null));
    }

    [Fact]
    public void Token_found_elsewhere_in_the_transaction_is_answered_and_expected()
    {
        var session = Open(TokenKeeping.Own);
        session.Receive(Ask(1, WireToken.Start(1)));
        session.TokenRead("p", 1, null);
        session.Receive(Deliver(2, WireToken.Start(1), 1, 1));

        session.FoundElsewhere("p", 2, WireToken.Delivered(7)).Frame.ShouldBe(new TokenFrame("p", 2, WireToken.Delivered(7)));

        session.Expected("p").ShouldBe(WireToken.Delivered(7));
    }

    [Fact]
    public void Application_that_answers_twice_or_outside_of_the_delivery_is_told_so()
    {
        var session = Open(TokenKeeping.Stored);
        session.Receive(Ask(1, WireToken.Start(3)));
        session.Receive(Deliver(2, WireToken.Start(3), 3, 5));

        Should.Throw<ArgumentException>(() => session.Processed(Done(2) with { Through = 2 }));
        Should.Throw<ArgumentException>(() => session.Processed(Done(2) with { Through = 6 }));
        session.Processed(Done(2));
        Should.Throw<InvalidOperationException>(() => session.Processed(Done(2)));
    }

    [Fact]
    public void Frames_out_of_order_are_protocol_errors()
    {
        IsOutOfOrder(new ConsumerSession(TokenKeeping.Stored), Ask(1, WireToken.Start(1)));
        IsOutOfOrder(Open(TokenKeeping.Stored), Welcome);
        IsOutOfOrder(Open(TokenKeeping.Stored), Deliver(1, WireToken.Start(1), 1, 1));
        IsOutOfOrder(Open(TokenKeeping.Stored), Done(1));

        var unanswered = Open(TokenKeeping.Own);
        unanswered.Receive(Ask(1, WireToken.Start(1)));
        IsOutOfOrder(unanswered, Deliver(2, WireToken.Start(1), 1, 1));

        var busy = Open(TokenKeeping.Stored);
        busy.Receive(Ask(1, WireToken.Start(1)));
        busy.Receive(Deliver(2, WireToken.Start(1), 1, 1));
        IsOutOfOrder(busy, Deliver(3, WireToken.Start(1), 1, 1));

        var over = Open(TokenKeeping.Stored);
        over.Receive(new DropFrame(ErrorCode.ShuttingDown, "bye")).Kind.ShouldBe(ConsumerStepKind.Ended);
        IsOutOfOrder(over, new HeartbeatFrame(1));
    }

    private static void IsOutOfOrder(ConsumerSession session, Frame frame) =>
        Should.Throw<ProtocolException>(() => session.Receive(frame)).Code.ShouldBe(ErrorCode.OutOfOrder);

    private static ConsumerSession Open(TokenKeeping tokens)
    {
        var session = new ConsumerSession(tokens);
        session.Receive(Welcome).Kind.ShouldBe(ConsumerStepKind.Welcomed);
        return session;
    }

    private static AskFrame Ask(long number, WireToken token) => new("p", number, token);

    private static AckFrame Done(long number) => new("p", number, AckOutcome.Done);

    private static DeliverFrame Deliver(long number, WireToken offered, long first, long last, long? through = null) =>
        new("p", number, offered, through ?? last, [new WireEvent { Position = first }, new WireEvent { Position = last }]);
}
