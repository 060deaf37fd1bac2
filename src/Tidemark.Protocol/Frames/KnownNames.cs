using System.Text.Json;

namespace Tidemark.Protocol.Frames;

/// <summary>The names of the fields of frames: those that stand in a message become these strings, without new ones.</summary>
internal static class KnownNames
{
    private static readonly string[] All =
    [
        "t", "partition", "number", "offered", "through", "events", "outcome", "token", "mark", "retryAfterMs", "reason", "creditEvents",
        "creditBytes", "subscription", "member", "tokens", "tenant", "session", "heartbeatMs", "incarnation", "frameBytesMax",
        "batchEventsMax", "code", "message", "location",
    ];

    /// <summary>The known name that the reader stands on; null for another one.</summary>
    public static string? Find(ref Utf8JsonReader json)
    {
        foreach (var name in All)
        {
            if (json.ValueTextEquals(name))
                return name;
        }

        return null;
    }
}
