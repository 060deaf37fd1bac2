using System.Text.Json.Serialization;
using Tidemark.Events;

namespace Tidemark.Tests.Fixtures;

public sealed record Opened(string Owner);

public sealed record Deposited(long Amount);

public sealed record Withdrawn(long Amount);

public sealed record Transferred(string To, long Amount);

public sealed record Closed(string Reason);

/// <summary>An event that no projection of the tests wants, unless it says so.</summary>
public sealed record Noted(string Text);

/// <summary>The events of the tests: bank accounts.</summary>
internal static class Accounts
{
    public static EventTypeBuilder Register(EventTypeBuilder events) => events
        .Add<Opened>("opened").Add<Deposited>("deposited").Add<Withdrawn>("withdrawn").Add<Transferred>("transferred")
        .Add<Closed>("closed").Add<Noted>("noted");

    public static EventTypeRegistry Types { get; } = Build(new EventTypeBuilder(), out _);

    public static EventTypeRegistry Build(EventTypeBuilder events, out System.Text.Json.JsonSerializerOptions json)
    {
        json = Register(events).MakeJsonOptions();
        return events.Build(json);
    }
}

/// <summary>A context whose naming differs from the store's own.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseUpper)]
[JsonSerializable(typeof(Opened))]
internal sealed partial class ShoutingContext : JsonSerializerContext;
