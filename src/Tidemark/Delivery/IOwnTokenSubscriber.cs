using Tidemark.Checkpoints;
using Tidemark.Leases;

namespace Tidemark.Delivery;

/// <summary>
/// A consumer that stores its token itself, best with its effects in one transaction: then each event takes effect exactly once. Its token
/// is the truth; it is asked for it when delivery begins, and again from time to time.
/// </summary>
public interface IOwnTokenSubscriber : ISubscriber
{
    /// <summary>
    /// The token that it stored last for a shard; null when it has stored none: then it begins with the subscription's start.
    /// </summary>
    ValueTask<HandshakeToken?> ReadTokenAsync(ShardName shard, CancellationToken cancellationToken);
}
