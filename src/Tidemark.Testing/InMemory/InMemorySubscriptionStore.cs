using Tidemark.Delivery;
using Tidemark.Events;

namespace Tidemark.Testing.InMemory;

/// <summary>Subscriptions in memory.</summary>
internal sealed class InMemorySubscriptionStore(MemoryDatabase data, TimeProvider time) : ISubscriptionStore
{
    public ValueTask<SubscriptionRoll?> ReadAsync(long knownChange, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var subscriptions = data.Committed.Subscriptions;
        return ValueTask.FromResult(subscriptions.Change == knownChange ? null : subscriptions.ToRoll());
    }

    public ValueTask<Subscription> AddAsync(
        SubscriptionDefinition definition, IReadOnlyDictionary<string, Position> starts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return data.ChangeAsync(
            state =>
            {
                if (state.Subscriptions.Find(definition.Name) is { } stands)
                    return (state, stands);
                var added = new Subscription(
                    Stored(definition), (int)state.Subscriptions.Change + 1,
                    DefinitionSerializer.ReadStarts(definition.Name, DefinitionSerializer.WriteStarts(starts)), time.GetUtcNow());
                return (state with { Subscriptions = state.Subscriptions.With(added) }, added);
            },
            cancellationToken);
    }

    public ValueTask<bool> ChangeAsync(SubscriptionDefinition definition, int incarnation, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return data.ChangeAsync(
            state =>
            {
                if (state.Subscriptions.Find(definition.Name) is not { } stands || stands.Incarnation != incarnation)
                    return (state, false);
                if (DefinitionSerializer.Write(stands.Definition) == DefinitionSerializer.Write(definition))
                    return (state, true);
                var changed = stands with { Definition = Stored(definition) };
                return (state with { Subscriptions = state.Subscriptions.With(changed) }, true);
            },
            cancellationToken);
    }

    public ValueTask<bool> RemoveAsync(string name, int incarnation, CancellationToken cancellationToken) =>
        data.ChangeAsync(
            state => state.Subscriptions.Find(name)?.Incarnation == incarnation
                ? (state with { Subscriptions = state.Subscriptions.Without(name) }, true)
                : (state, false),
            cancellationToken);

    // What another process would read back.
    private static SubscriptionDefinition Stored(SubscriptionDefinition definition) =>
        DefinitionSerializer.Read(definition.Name, DefinitionSerializer.Write(definition));
}
