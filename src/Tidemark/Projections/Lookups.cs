using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>
/// The documents of earlier stages that a projection declared for an event, each as it stands after that event. Valid during the handler's
/// call.
/// </summary>
public sealed class Lookups
{
    internal static readonly Lookups None = new();

    private readonly List<Found> _found = [];
    private int _from;
    private int _to;
    private Position _position;

    internal Lookups()
    {
    }

    private readonly record struct Found(Type Document, string? Key, IDocumentStates? States);

    /// <summary>The one document of this type that was declared for the event; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">None was declared, or several were.</exception>
    public TDocument? Of<TDocument>()
        where TDocument : class
    {
        IDocumentStates? states = null;
        var count = 0;
        for (var i = _from; i < _to; i++)
        {
            if (_found[i].Document != typeof(TDocument))
                continue;
            states = _found[i].States;
            count++;
        }

        return count == 1
            ? (TDocument?)states?.After(_position)
            : throw new InvalidOperationException(count == 0
                ? $"No {typeof(TDocument).Name} was looked up for this event; declare it with Lookup<…, {typeof(TDocument).Name}>(…)."
                : $"{count} documents of type {typeof(TDocument).Name} were looked up for this event; ask for one with Of(key).");
    }

    /// <summary>The document with a key; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">The key was not declared for the event.</exception>
    public TDocument? Of<TDocument>(string key)
        where TDocument : class
    {
        for (var i = _from; i < _to; i++)
        {
            if (_found[i].Document == typeof(TDocument) && string.Equals(_found[i].Key, key, StringComparison.Ordinal))
                return (TDocument?)_found[i].States?.After(_position);
        }

        throw new InvalidOperationException(
            $"The {typeof(TDocument).Name} '{key}' was not looked up for this event; declare it with LookupMany<…, " +
            $"{typeof(TDocument).Name}>(…).");
    }

    internal int Count => _found.Count;

    internal void Add(Type document, string? key, IDocumentStates? states) => _found.Add(new Found(document, key, states));

    internal Lookups Show(int from, int to, Position position)
    {
        (_from, _to, _position) = (from, to, position);
        return this;
    }

    internal void Clear()
    {
        _found.Clear();
        _from = _to = 0;
    }
}
