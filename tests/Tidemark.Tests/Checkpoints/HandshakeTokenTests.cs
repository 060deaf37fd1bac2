using FsCheck;
using FsCheck.Fluent;
using Tidemark.Checkpoints;
using Tidemark.Events;

namespace Tidemark.Tests.Checkpoints;

public sealed class HandshakeTokenTests
{
    [Fact]
    public void Start_begins_with_its_position_and_delivered_begins_after_it() => Prop.ForAll(
        Arb.From(Gen.Choose(0, int.MaxValue)), p =>
        {
            var position = new Position(p);
            // Delivery begins with the first position after After.
            (HandshakeToken.Delivered(position).After.Value + 1).ShouldBe(p + 1L);
            (HandshakeToken.Start(position).After.Value + 1).ShouldBe(Math.Max(1L, p));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void About_to_process_and_done_never_look_the_same()
    {
        HandshakeToken.Start(new(5)).ShouldNotBe(HandshakeToken.Delivered(new(5)));
        HandshakeToken.Start(new(5)).ShouldNotBe(HandshakeToken.Delivered(new(4)));
        HandshakeToken.Start(new(5)).After.ShouldBe(HandshakeToken.Delivered(new(4)).After);
        HandshakeToken.Delivered(new(5)).ShouldBe(HandshakeToken.Delivered(new(5)));
        HandshakeToken.Start(new(5)).ToString().ShouldBe("Start(5)");
        HandshakeToken.Delivered(new(5)).ToString().ShouldBe("Delivered(5)");
    }

    [Fact]
    public void Default_token_begins_at_the_first_event() => default(HandshakeToken).After.ShouldBe(Position.Beginning);
}
