using Tidemark.Events;
using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>A subscription as it is stored.</summary>
/// <param name="Definition">What it is.</param>
/// <param name="Incarnation">
/// Tells apart subscriptions that had this name one after the other; the generation in the names of its shards.
/// </param>
/// <param name="Starts">
/// The position after which it begins, by event database; the beginning on databases that were not there when it was made.
/// </param>
/// <param name="CreatedAt">When it was made, by the database's clock.</param>
public sealed record Subscription(
    SubscriptionDefinition Definition, int Incarnation, IReadOnlyDictionary<string, Position> Starts, DateTimeOffset CreatedAt)
{
    /// <summary>Its name.</summary>
    public string Name => Definition.Name;

    /// <summary>The position after which it begins on an event database.</summary>
    public Position StartOn(string database) => Starts.TryGetValue(database, out var position) ? position : Position.Beginning;

    /// <summary>The shards that it begins with on an event database.</summary>
    internal IEnumerable<ShardName> ShardsOn(string database) =>
        SlotRange.All.Divide(Definition.Partitions).Select(slots => new ShardName(Name, Incarnation, slots, database));
}
