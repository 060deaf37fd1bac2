using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tidemark.Events;

/// <summary>A registered event type: a stable stored name, the CLR type it stands for, and how its JSON is read and written.</summary>
public sealed class EventType
{
    private readonly JsonTypeInfo? _stored;
    private readonly Func<object, object>? _upcast;

    internal EventType(string name, Type type, JsonTypeInfo stored, Func<object, object>? upcast)
    {
        Name = name;
        ClrType = type;
        _stored = stored;
        _upcast = upcast;
    }

    /// <summary>A type of events that are derived from others in memory and never stored.</summary>
    internal EventType(Type derived)
    {
        Name = derived.Name;
        ClrType = derived;
        Index = int.MaxValue;
    }

    /// <summary>The stored name.</summary>
    public string Name { get; }

    /// <summary>The CLR type that readers see: for an upcast name, the newest type of the chain.</summary>
    public Type ClrType { get; }

    /// <summary>Whether events are stored under this name; false for a name that only an upcaster reads.</summary>
    public bool IsWritten => _upcast is null;

    /// <summary>Its place among the registered types, from 0; for tables of handlers.</summary>
    internal int Index { get; init; }

    internal byte[] Encode(object data)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(data, _stored!);
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException)
        {
            throw new EventSerializationException(Name, e);
        }
    }

    internal object Decode(ReadOnlySpan<byte> json)
    {
        var data = JsonSerializer.Deserialize(json, _stored!)
            ?? throw new JsonException("The JSON is null, which is no event.");
        return _upcast is null ? data : _upcast(data) ?? throw new JsonException("The upcaster returned null, which is no event.");
    }
}
