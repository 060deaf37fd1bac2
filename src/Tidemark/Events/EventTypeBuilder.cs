using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Tidemark.Events;

/// <summary>
/// Registers event types under stable names. Mistakes are reported at once: a name or a type can be registered only once.
/// </summary>
public sealed class EventTypeBuilder
{
    /// <summary>The longest type name, in characters.</summary>
    public const int NameLengthMax = 100;

    private readonly List<JsonSerializerContext> _contexts = [];
    private readonly Dictionary<string, Registration> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<Type, string> _written = [];
    private readonly Dictionary<Type, Registration> _upcastFrom = [];

    private sealed record Registration(string Name, Type Stored, Type Target, Func<object, object>? Upcast);

    /// <summary>Adds a source-generated JSON context. Types found in no context are handled by reflection.</summary>
    public EventTypeBuilder Json(JsonSerializerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _contexts.Add(context);
        return this;
    }

    /// <summary>Registers an event type.</summary>
    /// <typeparam name="T">The event's CLR type.</typeparam>
    /// <param name="name">The stored name: 1 to <see cref="NameLengthMax"/> characters; never changed once events exist.</param>
    public EventTypeBuilder Add<T>(string name)
        where T : notnull
    {
        if (!_written.TryAdd(typeof(T), CheckName(name)))
            throw new ArgumentException($"{typeof(T).FullName} is registered already, as '{_written[typeof(T)]}'; an event type has " +
                $"one stored name.", nameof(name));
        Register(new(name, typeof(T), typeof(T), null));
        return this;
    }

    /// <summary>Reads events stored under an old name as a newer type.</summary>
    /// <typeparam name="TOld">The type the old JSON fits.</typeparam>
    /// <typeparam name="TNew">The newer type: registered with <see cref="Add{T}"/>, or itself the old type of another upcaster.</typeparam>
    /// <param name="oldName">The stored name of the old events.</param>
    /// <param name="upcast">Makes the newer event; pure.</param>
    public EventTypeBuilder Upcast<TOld, TNew>(string oldName, Func<TOld, TNew> upcast)
        where TOld : notnull
        where TNew : notnull
    {
        ArgumentNullException.ThrowIfNull(upcast);
        var registration = new Registration(CheckName(oldName), typeof(TOld), typeof(TNew), old => upcast((TOld)old));
        Register(registration);
        if (typeof(TOld) != typeof(JsonObject) && !_upcastFrom.TryAdd(typeof(TOld), registration))
            throw new ArgumentException($"{typeof(TOld).FullName} has an upcaster already.", nameof(oldName));
        return this;
    }

    /// <summary>Reads events stored under an old name as a newer type, from their JSON.</summary>
    /// <typeparam name="TNew">The newer type, registered with <see cref="Add{T}"/>.</typeparam>
    /// <param name="oldName">The stored name of the old events.</param>
    /// <param name="upcast">Makes the newer event from the old JSON object; pure.</param>
    public EventTypeBuilder UpcastJson<TNew>(string oldName, Func<JsonObject, TNew> upcast)
        where TNew : notnull => Upcast<JsonObject, TNew>(oldName, upcast);

    internal JsonSerializerOptions MakeJsonOptions()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        foreach (var context in _contexts)
            options.TypeInfoResolverChain.Add(context);
        options.TypeInfoResolverChain.Add(new DefaultJsonTypeInfoResolver());
        options.MakeReadOnly();
        return options;
    }

    internal EventTypeRegistry Build(JsonSerializerOptions json) =>
        new(_names.Values.Select((r, index) => new EventType(r.Name, TargetOf(r), InfoOf(r.Stored, json), Compose(r)) { Index = index }));

    // A context's own options (naming policy, converters) win over the store's: the JSON is the one its author chose.
    private JsonTypeInfo InfoOf(Type type, JsonSerializerOptions json) =>
        _contexts.Select(c => c.GetTypeInfo(type)).FirstOrDefault(i => i is not null) ?? json.GetTypeInfo(type);

    private Type TargetOf(Registration start)
    {
        var target = start.Target;
        for (var steps = 0; start.Upcast is not null && !_written.ContainsKey(target); steps++)
        {
            if (steps > _upcastFrom.Count || !_upcastFrom.TryGetValue(target, out var next))
                throw new InvalidOperationException($"The upcaster for '{start.Name}' ends at {target.FullName}, which is not " +
                    $"registered. Register it with Add.");
            target = next.Target;
        }

        return target;
    }

    private Func<object, object>? Compose(Registration start)
    {
        var upcast = start.Upcast;
        var target = start.Target;
        while (upcast is not null && !_written.ContainsKey(target))
        {
            var (first, next) = (upcast, _upcastFrom[target]);
            upcast = old => next.Upcast!(first(old));
            target = next.Target;
        }

        return upcast;
    }

    private void Register(Registration registration)
    {
        if (!_names.TryAdd(registration.Name, registration))
            throw new ArgumentException($"The event type name '{registration.Name}' is registered already, for " +
                $"{_names[registration.Name].Stored.FullName}.", nameof(registration));
    }

    private static string CheckName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        IdRules.Check(name, NameLengthMax, "event type name", allowEmpty: false);
        return name;
    }
}
