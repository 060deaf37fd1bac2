using Tidemark.Events;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Events;

public sealed class RecordedEventTests
{
    [Fact]
    public void Event_is_decoded_to_its_type()
    {
        var e = Make.Recorded(5);

        e.Decode(Accounts.Types, keepJson: true);

        e.Data.ShouldBe(new Deposited(5));
        e.Type!.Name.ShouldBe("deposited");
        e.DecodeError.ShouldBeNull();
        e.Json.IsEmpty.ShouldBeFalse();
        new Event<Deposited>(e).Data.Amount.ShouldBe(5);
    }

    [Fact]
    public void Json_is_let_go_when_nobody_needs_it_and_kept_when_decoding_failed()
    {
        var good = Make.Recorded(5);
        good.Decode(Accounts.Types, keepJson: false);
        good.Json.IsEmpty.ShouldBeTrue();
        good.CachedBytes.ShouldBeGreaterThan(200);

        var bad = Make.Recorded(6, json: "{\"amount\":\"many\"}");
        bad.Decode(Accounts.Types, keepJson: false);
        bad.Json.IsEmpty.ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"amount\":")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{\"amount\":1e400}")]
    public void Broken_data_is_an_error_that_is_kept_and_names_event_type_position_and_stream(string json)
    {
        var e = Make.Recorded(9, json: json, stream: "account-9");

        e.Decode(Accounts.Types, keepJson: false);

        var error = e.DecodeError.ShouldBeOfType<EventSerializationException>();
        error.Position.ShouldBe(new Position(9));
        error.Message.ShouldContain("deposited");
        error.Message.ShouldContain("position 9");
        error.Message.ShouldContain("account-9");
        Should.Throw<EventSerializationException>(() => e.Data).ShouldBeSameAs(error);
    }

    [Fact]
    public void Unknown_type_is_an_error_that_says_how_to_register_it()
    {
        var e = Make.Recorded(3, type: "renamed");

        e.Decode(Accounts.Types, keepJson: false);

        e.Type.ShouldBeNull();
        var error = Should.Throw<UnknownEventTypeException>(() => e.Data);
        error.TypeName.ShouldBe("renamed");
        error.Position.ShouldBe(new Position(3));
        error.Message.ShouldContain("Add<…>(\"renamed\")");
    }

    [Fact]
    public void Upcaster_that_throws_or_gives_nothing_is_a_serialization_error()
    {
        var events = new EventTypeBuilder().Add<Deposited>("deposited")
            .Upcast<Withdrawn, Deposited>("throws", _ => throw new InvalidOperationException("no"))
            .UpcastJson<Deposited>("gives-nothing", _ => null!);
        var types = events.Build(events.MakeJsonOptions());
        foreach (var name in (string[])["throws", "gives-nothing"])
        {
            var e = Make.Recorded(4, type: name);

            e.Decode(types, keepJson: false);

            e.DecodeError.ShouldBeOfType<EventSerializationException>(name).Position.ShouldBe(new Position(4));
        }
    }

    [Fact]
    public void Views_are_equal_when_they_view_the_same_event()
    {
        var e = Make.Recorded(1);
        (new Event<Deposited>(e) == new Event<Deposited>(e)).ShouldBeTrue();
        (new Event<Deposited>(e) != new Event<Deposited>(Make.Recorded(1))).ShouldBeTrue();
        new Event<Deposited>(e).Equals((object)new Event<Deposited>(e)).ShouldBeTrue();
        default(Event<Deposited>).GetHashCode().ShouldBe(0);
    }
}
