using System.Collections.Frozen;

namespace Tidemark.Events;

/// <summary>
/// The event types of a store, by stored name and by CLR type. Names from the database are looked up here and never turned into CLR types
/// otherwise.
/// </summary>
public sealed class EventTypeRegistry
{
    private readonly FrozenDictionary<string, EventType> _byName;
    private readonly FrozenDictionary<Type, EventType> _byType;

    internal EventTypeRegistry(IEnumerable<EventType> types)
    {
        var all = types.ToArray();
        _byName = all.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);
        _byType = all.Where(t => t.IsWritten).ToFrozenDictionary(t => t.ClrType);
    }

    /// <summary>Every registered type.</summary>
    public IReadOnlyCollection<EventType> All => _byName.Values;

    /// <summary>The type stored under a name; null when there is none.</summary>
    public EventType? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The type under which events of a CLR type are stored.</summary>
    /// <exception cref="UnknownEventTypeException">The CLR type is not registered.</exception>
    public EventType Of(Type type) => _byType.GetValueOrDefault(type) ?? throw new UnknownEventTypeException(type);

    internal int Count => _byName.Count;

    /// <summary>Every stored name that readers see as the given CLR type: its own, and those of its upcasters.</summary>
    /// <exception cref="UnknownEventTypeException">The CLR type is not registered.</exception>
    public IEnumerable<string> NamesOf(Type type)
    {
        _ = Of(type);
        return _byName.Values.Where(t => t.ClrType == type).Select(t => t.Name);
    }
}
