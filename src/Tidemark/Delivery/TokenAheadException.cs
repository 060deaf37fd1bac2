using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Shards;

namespace Tidemark.Delivery;

/// <summary>A consumer says that it has processed events that the log does not hold.</summary>
public sealed class TokenAheadException : ConsumerException
{
    internal TokenAheadException(ShardName shard, HandshakeToken token, Position mark)
        : base(
            $"The consumer of subscription shard {shard} stands at {token}, and the log ends at position {mark}. Its token is of another " +
            "log, or this one was restored from an older backup. Set the consumer's token to where this log and its state agree.",
            ErrorCategory.Rewound, TimeSpan.FromSeconds(30))
    {
        Token = token;
        Mark = mark;
    }

    /// <summary>The consumer's token.</summary>
    public HandshakeToken Token { get; }

    /// <summary>The end of the log.</summary>
    public Position Mark { get; }
}
