using System.Text;
using System.Text.Json.Nodes;
using Tidemark.Events;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Events;

public sealed class EventTypeBuilderTests
{
    private sealed record V1(string First);

    private sealed record V2(string First, string Last);

    private sealed record V3(string FullName);

    private sealed record Loop(int N);

    [Fact]
    public void Name_can_be_registered_once()
    {
        var error = Should.Throw<ArgumentException>(() => new EventTypeBuilder().Add<V1>("named").Add<V2>("named"));
        error.Message.ShouldContain("'named' is registered already");
        error.Message.ShouldContain(nameof(V1));
    }

    [Fact]
    public void Type_can_be_registered_once() =>
        Should.Throw<ArgumentException>(() => new EventTypeBuilder().Add<V1>("named").Add<V1>("other")).Message.ShouldContain("as 'named'");

    [Fact]
    public void Type_can_have_one_upcaster_only() =>
        Should.Throw<ArgumentException>(() => new EventTypeBuilder().Add<V3>("v3")
            .Upcast<V1, V3>("v1", v => new V3(v.First)).Upcast<V1, V3>("v1b", v => new V3(v.First))).Message
                .ShouldContain("has an upcaster already");

    [Fact]
    public void Old_name_cannot_be_that_of_a_written_type() =>
        Should.Throw<ArgumentException>(() => new EventTypeBuilder().Add<V2>("v").Upcast<V1, V2>("v", v => new V2(v.First, "")));

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    public void Name_that_is_no_name_is_refused(string name) => Should.Throw<ArgumentException>(() => new EventTypeBuilder().Add<V1>(name));

    [Fact]
    public void Name_has_a_limit() => Should.Throw<ArgumentException>(
        () => new EventTypeBuilder().Add<V1>(new string('n', EventTypeBuilder.NameLengthMax + 1))).Message.ShouldContain("at most 100");

    [Fact]
    public void Upcasters_form_a_chain_from_typed_and_json_ends()
    {
        var types = Build(new EventTypeBuilder()
            .Upcast<V1, V2>("v1", v => new V2(v.First, "Doe"))
            .Upcast<V2, V3>("v2", v => new V3($"{v.First} {v.Last}"))
            .UpcastJson<V2>("v0", json => new V2((string)json["name"]!, "Roe"))
            .UpcastJson<V3>("v00", json => new V3((string)json["n"]!))
            .Add<V3>("v3"));

        Decode(types, "v0", """{"name":"Jane"}""").ShouldBe(new V3("Jane Roe"));
        Decode(types, "v00", """{"n":"J"}""").ShouldBe(new V3("J"));
        Decode(types, "v1", """{"first":"Jane"}""").ShouldBe(new V3("Jane Doe"));
        Decode(types, "v2", """{"first":"Jane","last":"Poe"}""").ShouldBe(new V3("Jane Poe"));
        Decode(types, "v3", """{"fullName":"Jane"}""").ShouldBe(new V3("Jane"));
        types.NamesOf(typeof(V3)).Order(StringComparer.Ordinal).ShouldBe(["v0", "v00", "v1", "v2", "v3"]);
        types.Of(typeof(V3)).Name.ShouldBe("v3");
        Should.Throw<UnknownEventTypeException>(() => types.Of(typeof(V1)));
        types.All.Count(t => t.IsWritten).ShouldBe(1);
        types.All.Select(t => t.Index).Order().ShouldBe(Enumerable.Range(0, 5));
    }

    [Fact]
    public void Upcaster_that_ends_nowhere_is_refused()
    {
        var error = Should.Throw<InvalidOperationException>(
            () => Build(new EventTypeBuilder().Upcast<V1, V2>("v1", v => new V2(v.First, ""))));
        error.Message.ShouldContain("'v1'");
        error.Message.ShouldContain(nameof(V2));
    }

    [Fact]
    public void Upcasters_in_a_circle_are_refused() => Should.Throw<InvalidOperationException>(() => Build(new EventTypeBuilder()
        .Upcast<V1, V2>("v1", v => new V2(v.First, "")).Upcast<V2, Loop>("v2", _ => new Loop(1)).Upcast<Loop, V1>("v3", _ => new V1(""))));

    [Fact]
    public void Unregistered_type_is_an_error_that_says_what_to_write()
    {
        var error = Should.Throw<UnknownEventTypeException>(() => Accounts.Types.Of(typeof(V1)));
        error.Message.ShouldContain("Add<V1>");
        error.Position.ShouldBeNull();
        Accounts.Types.Find("no-such").ShouldBeNull();
    }

    [Fact]
    public void Context_given_by_the_application_says_how_its_types_are_written_and_read()
    {
        var types = Build(new EventTypeBuilder().Json(ShoutingContext.Default).Add<Opened>("opened").Add<Deposited>("deposited"));

        Encoding.UTF8.GetString(types.Of(typeof(Opened)).Encode(new Opened("Zoë"))).ShouldContain("\"OWNER\":");
        Encoding.UTF8.GetString(types.Of(typeof(Deposited)).Encode(new Deposited(3))).ShouldBe("""{"amount":3}""");
        Decode(types, "opened", """{"OWNER":"Zoë"}""").ShouldBe(new Opened("Zoë"));
    }

    [Fact]
    public void Event_that_cannot_be_written_is_a_serialization_error()
    {
        var types = Build(new EventTypeBuilder().Add<JsonArray>("array").Add<Node>("node"));
        var node = new Node();
        node.Next = node;

        Should.Throw<EventSerializationException>(() => types.Of(typeof(Node)).Encode(node)).Message.ShouldContain("'node'");
    }

    private sealed class Node
    {
        public Node? Next { get; set; }
    }

    private static EventTypeRegistry Build(EventTypeBuilder events) => events.Build(events.MakeJsonOptions());

    private static object Decode(EventTypeRegistry types, string name, string json) =>
        types.Find(name)!.Decode(Encoding.UTF8.GetBytes(json));
}
