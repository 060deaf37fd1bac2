using System.Text.Json;

namespace Tidemark.Protocol.Frames;

/// <summary>The fields of one frame, read in one pass whatever their order, and handed out by what the frame's kind asks for.</summary>
internal sealed class FrameFields
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = DeliveryProtocol.DepthMax };

    // A frame has a handful of fields: looking through them is cheaper than a table of hashes.
    private readonly List<(string Name, JsonTokenType Kind, string? Text, long Number)> _fields = new(6);
    private List<WireEvent>? _events;

    public string Partition => Name("partition");

    public long Number => Whole("number", 1);

    public IReadOnlyList<WireEvent> Events => _events ?? throw Missing("events");

    public ErrorCode Code =>
        ErrorCodes.TryParse(Text("code"), out var code) ? code : throw Invalid("code", "is the name of an error", Text("code"));

    public void ReadAll(ReadOnlyMemory<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8.Span, Options);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw new ProtocolException(ErrorCode.Malformed, $"A frame is one JSON object (was {json.TokenType}).");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = KnownNames.Find(ref json);
            json.Read();
            if (name is null)
                json.Skip();
            else if (name == "events")
                _events = EventFields.ReadAll(ref json, utf8);
            else
                _fields.Add(Value(name, ref json));
        }

        // Nothing may follow; the reader says so itself.
        json.Read();
    }

    public string Text(string name) => TextOrNull(name) ?? throw Missing(name);

    public string? TextOrNull(string name)
    {
        var (kind, text, _) = Find(name);
        return kind switch
        {
            JsonTokenType.None or JsonTokenType.Null => null,
            JsonTokenType.String => text,
            _ => throw Invalid(name, "is text", kind),
        };
    }

    public string Name(string name) => NameOrNull(name) ?? throw Missing(name);

    public string? NameOrNull(string name) => TextOrNull(name) is not { } text ? null
        : text.Length is > 0 and <= DeliveryProtocol.NameCharactersMax ? text
        : throw Invalid(name, $"has 1 to {DeliveryProtocol.NameCharactersMax} characters", $"{text.Length} characters");

    public string Reason(string name) => ReasonOrNull(name) ?? throw Missing(name);

    public string? ReasonOrNull(string name) => TextOrNull(name) is not { } text ? null
        : text.Length is > 0 and <= DeliveryProtocol.ReasonCharactersMax ? text
        : throw Invalid(name, $"has 1 to {DeliveryProtocol.ReasonCharactersMax} characters", $"{text.Length} characters");

    public long Whole(string name, long min, long max = long.MaxValue) => WholeOrNull(name, min, max) ?? throw Missing(name);

    public int Count(string name) => (int)Whole(name, 1, int.MaxValue);

    public long? WholeOrNull(string name, long min, long max = long.MaxValue)
    {
        var (kind, text, number) = Find(name);
        if (kind is JsonTokenType.None or JsonTokenType.Null)
            return null;
        return kind == JsonTokenType.Number && text is null && number >= min && number <= max
            ? number
            : throw Invalid(name, max == long.MaxValue ? $"is a whole number from {min}" : $"is a whole number from {min} to {max}",
                kind == JsonTokenType.Number ? text ?? $"{number}" : kind);
    }

    public WireToken Token(string name) => TokenOrNull(name) ?? throw Missing(name);

    // A token that is null is said to be null: a field that was forgotten must not pass for a consumer without a token.
    public WireToken? TokenOrNull(string name)
    {
        if (Find(name).Kind == JsonTokenType.None)
            throw Missing(name);
        return TextOrNull(name) is not { } text ? null
            : WireToken.TryParse(text, out var token) ? token
            : throw Invalid(name, "looks like 'start:5' or 'delivered:5'", text);
    }

    public static ProtocolException Missing(string name) => new(ErrorCode.MissingField, $"The field '{name}' is missing.");

    public static ProtocolException Invalid(string name, string rule, object was) =>
        new(ErrorCode.InvalidField, $"The field '{name}' {rule} (was {Short($"{was}")}).");

    public static string Short(string text) => text.Length <= 40 ? text : $"{text.AsSpan(0, 40)}...";

    private (JsonTokenType Kind, string? Text, long Number) Find(string name)
    {
        for (var i = _fields.Count - 1; i >= 0; i--)
        {
            if (ReferenceEquals(_fields[i].Name, name) || _fields[i].Name == name)
                return (_fields[i].Kind, _fields[i].Text, _fields[i].Number);
        }

        return default;
    }

    private static (string Name, JsonTokenType Kind, string? Text, long Number) Value(string name, ref Utf8JsonReader json)
    {
        var kind = json.TokenType;
        switch (kind)
        {
            case JsonTokenType.String:
                return (name, kind, json.GetString(), 0);
            case JsonTokenType.Number:
                return json.TryGetInt64(out var number) ? (name, kind, null, number) : (name, kind, "no 64-bit whole number", 0);
            default:
                json.Skip();
                return (name, kind, null, 0);
        }
    }
}
