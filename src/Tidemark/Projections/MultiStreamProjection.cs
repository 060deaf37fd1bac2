using Tidemark.Events;

namespace Tidemark.Projections;

/// <summary>A document per key, folded from events of many streams; each event names the keys it concerns.</summary>
/// <typeparam name="TDocument">The document.</typeparam>
public abstract class MultiStreamProjection<TDocument> : DocumentProjection<TDocument>
    where TDocument : class
{
    private readonly Dictionary<Type, Action<RecordedEvent, List<string>>> _keys = [];

    /// <summary>Whether documents are kept across tenants (under the default tenant), instead of per tenant of the event.</summary>
    public bool AcrossTenants { get; protected init; }

    /// <summary>The key of the document that an event concerns.</summary>
    protected void Key<TEvent>(Func<Event<TEvent>, string> key)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        _keys[typeof(TEvent)] = (e, keys) => keys.Add(key(new Event<TEvent>(e)));
    }

    /// <summary>The keys of the documents that an event concerns; several, one or none. A key named twice counts once.</summary>
    protected void Keys<TEvent>(Func<Event<TEvent>, IEnumerable<string>> keys)
        where TEvent : notnull
    {
        ArgumentNullException.ThrowIfNull(keys);
        _keys[typeof(TEvent)] = (e, list) => list.AddRange(keys(new Event<TEvent>(e)));
    }

    internal sealed override bool IsSplitByKey => true;

    internal sealed override bool KeepsRowsByTenant => !AcrossTenants;

    internal sealed override string? MeetsTenants => AcrossTenants ? "it keeps documents across tenants" : base.MeetsTenants;

    internal sealed override Applier MakeApplier(ApplierContext context)
    {
        foreach (var type in Steps.Keys)
        {
            if (!_keys.ContainsKey(type))
                throw new InvalidOperationException($"Projection '{Name}' handles {type.Name} but names no key for it. Add " +
                    $"Key<{type.Name}>(…) or Keys<{type.Name}>(…).");
        }

        var names = new List<string>();
        return new DocumentApplier<TDocument>(this, KeysOf, context);

        void KeysOf(RecordedEvent e, List<DocumentKey> keys)
        {
            names.Clear();
            _keys[e.Type!.ClrType](e, names);
            foreach (var name in names)
            {
                if (string.IsNullOrEmpty(name))
                    throw new InvalidOperationException("A document key must not be null or empty.");
                var key = new DocumentKey(AcrossTenants ? TenantId.Default : e.Tenant, name);
                if (!keys.Contains(key))
                    keys.Add(key);
            }
        }
    }
}
