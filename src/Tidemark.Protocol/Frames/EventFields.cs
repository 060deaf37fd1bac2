using System.Text.Json;

namespace Tidemark.Protocol.Frames;

/// <summary>Reads the events of a delivery; data and metadata stay slices of the message.</summary>
internal static class EventFields
{
    private const int TypesMax = 16;

    [Flags]
    private enum Seen
    {
        None = 0,
        Position = 1,
        Id = 2,
        Type = 4,
        Stream = 8,
        Version = 16,
        RecordedAt = 32,
        Data = 64,
        All = 127,
    }

    public static List<WireEvent> ReadAll(ref Utf8JsonReader json, ReadOnlyMemory<byte> utf8)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            throw FrameFields.Invalid("events", "is a list", json.TokenType);
        var events = new List<WireEvent>();
        var types = new List<string>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
                throw FrameFields.Invalid("events", "is a list of objects", json.TokenType);
            var start = json.TokenStartIndex;
            events.Add(Read(ref json, utf8, types));

            // The others are about as large as the first one.
            if (events.Count == 1)
                events.EnsureCapacity((int)((utf8.Length - start) / (json.BytesConsumed - start)) + 1);
        }

        return events;
    }

    private static WireEvent Read(ref Utf8JsonReader json, ReadOnlyMemory<byte> utf8, List<string> types)
    {
        var recorded = new WireEvent { Tenant = "" };
        var seen = Seen.None;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            ReadField(ref json, utf8, types, ref recorded, ref seen);
        if (seen != Seen.All)
            throw FrameFields.Missing($"events.{$"{Seen.All & ~seen}".ToLowerInvariant()}");
        return recorded;
    }

    private static void ReadField(
        ref Utf8JsonReader json, ReadOnlyMemory<byte> utf8, List<string> types, ref WireEvent e, ref Seen seen)
    {
        if (Is(ref json, "position"u8, Seen.Position, ref seen))
            e = e with { Position = Whole(ref json, "events.position") };
        else if (Is(ref json, "id"u8, Seen.Id, ref seen))
            e = e with { Id = Id(ref json) };
        else if (Is(ref json, "type"u8, Seen.Type, ref seen))
            e = e with { Type = Known(ref json, types) };
        else if (Is(ref json, "stream"u8, Seen.Stream, ref seen))
            e = e with { Stream = Text(ref json, "events.stream") };
        else if (Is(ref json, "version"u8, Seen.Version, ref seen))
            e = e with { Version = Whole(ref json, "events.version") };
        else if (Is(ref json, "tenant"u8, Seen.None, ref seen))
            e = e with { Tenant = Text(ref json, "events.tenant") };
        else if (Is(ref json, "recordedAt"u8, Seen.RecordedAt, ref seen))
            e = e with { RecordedAt = Time(ref json) };
        else if (Is(ref json, "data"u8, Seen.Data, ref seen))
            e = e with { Data = Raw(ref json, utf8) };
        else if (Is(ref json, "metadata"u8, Seen.None, ref seen))
            e = e with { Metadata = json.TokenType == JsonTokenType.Null ? default : Raw(ref json, utf8) };
        else
            SkipField(ref json);
    }

    // Steps from the name to the value when it is this field.
    private static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name, Seen field, ref Seen seen)
    {
        if (!json.ValueTextEquals(name))
            return false;
        seen |= field;
        return json.Read();
    }

    private static void SkipField(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    private static ReadOnlyMemory<byte> Raw(ref Utf8JsonReader json, ReadOnlyMemory<byte> utf8)
    {
        var start = (int)json.TokenStartIndex;
        json.Skip();
        return utf8[start..(int)json.BytesConsumed];
    }

    // A delivery has few types: each becomes one string.
    private static string Known(ref Utf8JsonReader json, List<string> types)
    {
        CheckText(ref json, "events.type");
        foreach (var type in types)
        {
            if (json.ValueTextEquals(type))
                return type;
        }

        var added = json.GetString()!;
        if (types.Count < TypesMax)
            types.Add(added);
        return added;
    }

    private static string Text(ref Utf8JsonReader json, string name)
    {
        CheckText(ref json, name);
        return json.GetString()!;
    }

    private static void CheckText(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType != JsonTokenType.String)
            throw FrameFields.Invalid(name, "is text", json.TokenType);
    }

    private static long Whole(ref Utf8JsonReader json, string name) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var number) && number >= 1
            ? number
            : throw FrameFields.Invalid(name, "is a whole number from 1", json.TokenType);

    private static Guid Id(ref Utf8JsonReader json)
    {
        CheckText(ref json, "events.id");
        return json.TryGetGuid(out var id)
            ? id
            : throw FrameFields.Invalid("events.id", "is a UUID, as 8-4-4-4-12 digits", json.GetString()!);
    }

    private static DateTimeOffset Time(ref Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.String && json.TryGetDateTimeOffset(out var time)
            ? time
            : throw FrameFields.Invalid("events.recordedAt", "is a time in ISO 8601 with its offset", json.TokenType);
}
