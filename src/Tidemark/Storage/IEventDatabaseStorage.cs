using Tidemark.Checkpoints;
using Tidemark.Control;
using Tidemark.Delivery;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Tenancy;

namespace Tidemark.Storage;

/// <summary>
/// The ports of one event database. A storage provider implements each port in a class of its own; this only bundles them.
/// </summary>
public interface IEventDatabaseStorage : IAsyncDisposable
{
    /// <summary>What this is and where, without secrets; for messages.</summary>
    string Description { get; }

    /// <summary>How many flushes of appends are worth having in the air at once.</summary>
    int FlushesMax { get; }

    /// <summary>The log.</summary>
    IEventLog Log { get; }

    /// <summary>The high-water mark.</summary>
    IHighWaterSource HighWater { get; }

    /// <summary>Hints between processes.</summary>
    IWakeUpChannel WakeUp { get; }

    /// <summary>Checkpoints.</summary>
    ICheckpointStore Checkpoints { get; }

    /// <summary>Dead letters.</summary>
    IDeadLetterStore DeadLetters { get; }

    /// <summary>Messages that wait to be published.</summary>
    IOutboxStore Outbox { get; }

    /// <summary>Read models.</summary>
    IReadModelStore ReadModels { get; }

    /// <summary>Node roster and leases; used when this is the coordination database.</summary>
    ILeaseStore Leases { get; }

    /// <summary>Operator commands; used when this is the coordination database.</summary>
    ICommandStore Commands { get; }

    /// <summary>Which database each tenant is in; used when this is the coordination database.</summary>
    ITenantStore Tenants { get; }

    /// <summary>Subscriptions; used when this is the coordination database.</summary>
    ISubscriptionStore Subscriptions { get; }

    /// <summary>The keys of remote consumers; used when this is the coordination database.</summary>
    IDeliveryKeyStore DeliveryKeys { get; }

    /// <summary>The failures that shards of subscriptions stand at.</summary>
    IDeliveryFailureStore DeliveryFailures { get; }

    /// <summary>The schema and its migrations.</summary>
    ISchema Schema { get; }

    /// <summary>
    /// Whether an error of this provider's driver may go away by itself (connection lost, deadlock, busy), so that repeating the call
    /// makes sense.
    /// </summary>
    bool IsTransient(Exception error);
}
