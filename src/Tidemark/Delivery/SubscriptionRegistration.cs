using Microsoft.Extensions.DependencyInjection;
using Tidemark.Events;

namespace Tidemark.Delivery;

/// <summary>A subscription that an application consumes in its own process.</summary>
/// <param name="Definition">What it is, but for the types named by their classes.</param>
/// <param name="EventTypes">The classes of the events it takes; null for all.</param>
/// <param name="Make">Makes its consumer, with the application's services.</param>
internal sealed record SubscriptionRegistration(
    SubscriptionDefinition Definition, IReadOnlyList<Type>? EventTypes, Func<IServiceScopeFactory, InProcessConsumer> Make)
{
    /// <summary>The definition with the stored names of its types.</summary>
    /// <exception cref="UnknownEventTypeException">A type is not registered.</exception>
    public SubscriptionDefinition Resolve(EventTypeRegistry types) => EventTypes is null
        ? Definition
        : Definition with
        {
            Types = [.. EventTypes.SelectMany(types.NamesOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        };
}
