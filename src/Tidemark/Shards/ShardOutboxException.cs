using Tidemark.Events;

namespace Tidemark.Shards;

/// <summary>
/// Messages of a shard could not be published. They stay stored, and the shard pauses; no event is at fault, and what was committed stays.
/// </summary>
public sealed class ShardOutboxException : TidemarkException
{
    /// <summary>Tells of the messages.</summary>
    public ShardOutboxException(string projection, int messages, Exception inner)
        : base(
            $"The outbox publisher failed on {messages} message(s) of projection '{projection}': {inner.GetType().Name}: {inner.Message} " +
            "They are kept and published again after the pause.",
            inner)
    {
    }
}
