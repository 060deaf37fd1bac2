namespace Tidemark.HighWater;

/// <summary>
/// Port: a hint between processes that something was appended. Hints may be lost, repeated or late; polling is the base, and nothing may
/// rest on them.
/// </summary>
public interface IWakeUpChannel
{
    /// <summary>Whether hints of other processes can be received at all.</summary>
    bool CanListen { get; }

    /// <summary>Sends a hint, outside any append's transaction. The caller coalesces.</summary>
    ValueTask NotifyAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Calls <paramref name="wake"/> once it listens, as hints sent before are lost, and then for each hint until cancelled. Throws when
    /// the channel breaks, and the caller opens it again.
    /// </summary>
    Task ListenAsync(Action wake, CancellationToken cancellationToken);
}
