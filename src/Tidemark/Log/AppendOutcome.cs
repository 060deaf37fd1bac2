using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>How a storage provider answered one <see cref="StreamAppend"/>.</summary>
/// <param name="Status">What happened.</param>
/// <param name="Version">
/// Appended or already appended: the version of the last of the given events (not the stream's current one). Conflict or archived: the
/// stream's current version.
/// </param>
/// <param name="First">The position of the first given event, when it is stored.</param>
/// <param name="Last">The position of the last given event, when it is stored.</param>
public readonly record struct AppendOutcome(AppendStatus Status, StreamVersion Version, Position First, Position Last)
{
    /// <summary>Whether the given events are in the log.</summary>
    public bool IsStored => Status is AppendStatus.Appended or AppendStatus.AlreadyAppended;
}
