namespace Tidemark.Shards;

/// <summary>Why a shard or an event failed.</summary>
public enum ErrorCategory
{
    /// <summary>The projection's code failed on an event.</summary>
    Apply = 0,

    /// <summary>An event's stored JSON could not be decoded.</summary>
    Serialization = 1,

    /// <summary>An event's type name is not registered.</summary>
    UnknownType = 2,

    /// <summary>Events could not be read.</summary>
    Fetch = 3,

    /// <summary>The shard could not start.</summary>
    Start = 4,

    /// <summary>The database refused or was away.</summary>
    Database = 5,

    /// <summary>Another owner has taken the shard over.</summary>
    Fenced = 6,

    /// <summary>The log was rewound below the checkpoint (a restore, a failover with a lost tail).</summary>
    Rewound = 7,

    /// <summary>Anything else.</summary>
    Other = 8,

    /// <summary>A subscription's consumer failed at an event; it is tried again.</summary>
    Delivery = 9,

    /// <summary>No consumer is attached to a subscription.</summary>
    NoConsumer = 10,

    /// <summary>A subscription has stopped by its policy, until an operator resumes it.</summary>
    Faulted = 11,
}
