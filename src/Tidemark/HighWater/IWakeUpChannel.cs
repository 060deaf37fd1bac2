namespace Tidemark.HighWater;

/// <summary>
/// Port: a hint between processes that there is something new. Hints may be lost, repeated or late; polling is the base, and nothing may
/// rest on them. A store that sees by itself what changed ignores what it is told.
/// </summary>
public interface IWakeUpChannel
{
    /// <summary>Whether hints of other processes can be received at all.</summary>
    bool CanListen { get; }

    /// <summary>Sends a hint, outside any append's transaction. The caller coalesces.</summary>
    ValueTask NotifyAsync(WakeUp what, CancellationToken cancellationToken);

    /// <summary>
    /// Calls <paramref name="wake"/> for each kind once it listens, as hints sent before are lost, and then for each hint until cancelled.
    /// A node's heartbeat alone causes no hint of <see cref="WakeUp.Leases"/>. Throws when the channel breaks, and the caller opens it
    /// again.
    /// </summary>
    Task ListenAsync(Action<WakeUp> wake, CancellationToken cancellationToken);
}
