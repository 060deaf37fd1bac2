namespace Tidemark.Control;

/// <summary>What an operator can ask of the cluster.</summary>
public enum OperatorAction
{
    /// <summary>Pauses the shards of a projection, or one shard, until resumed.</summary>
    Pause = 0,

    /// <summary>Ends a pause, an operator's or one after an error.</summary>
    Resume = 1,

    /// <summary>Builds a projection's read model anew beside the live one, and swaps.</summary>
    Rebuild = 2,

    /// <summary>Drops the former generations of a projection's read model.</summary>
    Drop = 3,

    /// <summary>Sets a subscription back.</summary>
    Rewind = 4,

    /// <summary>Moves everything off a node.</summary>
    Drain = 5,

    /// <summary>Lets a drained node take shards again.</summary>
    Undrain = 6,

    /// <summary>Splits a shard, or every shard of a projection, into parts by slot range.</summary>
    Split = 7,

    /// <summary>Merges the shards of a projection into fewer.</summary>
    Merge = 8,

    /// <summary>Moves a shard to a node.</summary>
    Move = 9,

    /// <summary>Tries a dead letter, or the queue of a parked stream, again.</summary>
    Retry = 10,

    /// <summary>Gives a dead letter up.</summary>
    Discard = 11,
}
