using Microsoft.Extensions.DependencyInjection;
using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>
/// The subscriptions that this process can run: those that its code consumes, and those of kinds that it has the means for.
/// </summary>
internal sealed class DeliveryTargets
{
    private readonly Dictionary<string, InProcessConsumer> _consumers;
    private readonly Dictionary<SubscriptionKind, IDeliveryTargetSource> _sources;

    /// <exception cref="ArgumentException">A registration is wrong; the message says how.</exception>
    public DeliveryTargets(
        IReadOnlyList<SubscriptionRegistration> registrations, IEnumerable<IDeliveryTargetSource> sources, EventTypeRegistry types,
        IServiceScopeFactory scopes)
    {
        Registered = [.. registrations.Select(r => r.Resolve(types))];
        foreach (var definition in Registered)
            definition.Check();
        _consumers = registrations.ToDictionary(r => r.Definition.Name, r => r.Make(scopes), StringComparer.Ordinal);
        _sources = sources.ToDictionary(s => s.Kind);
    }

    /// <summary>The subscriptions of the application's code.</summary>
    public IReadOnlyList<SubscriptionDefinition> Registered { get; }

    /// <summary>Whether there is anything to run.</summary>
    public bool IsEmpty => _consumers.Count == 0 && _sources.Count == 0;

    /// <summary>What a node with these can run.</summary>
    public IEnumerable<Capability> Capabilities =>
    [
        .. _consumers.Keys.Order(StringComparer.Ordinal).Select(name => new Capability(name, ShardLease.InProcessVersion)),
        .. _sources.Keys.Order().Select(kind => Capability.OfKind(kind.LeaseVersion())),
    ];

    /// <summary>The way to the consumer of a shard; null when this process has none.</summary>
    public IDeliveryTarget? Make(ShardName shard, Subscription subscription)
    {
        if (subscription.Definition.Kind != SubscriptionKind.InProcess)
            return _sources.GetValueOrDefault(subscription.Definition.Kind)?.Make(shard, subscription);
        return _consumers.TryGetValue(subscription.Name, out var consumer)
            ? new InProcessTarget(consumer, shard, subscription.Definition.Policy)
            : null;
    }
}
