namespace Tidemark.Log;

/// <summary>What happened to an append.</summary>
public enum AppendStatus
{
    /// <summary>The events were stored.</summary>
    Appended = 0,

    /// <summary>The stream is not as expected; nothing was stored.</summary>
    Conflict = 1,

    /// <summary>Events with these very ids are stored in this stream already; nothing was stored now.</summary>
    AlreadyAppended = 2,

    /// <summary>The stream is archived; nothing was stored.</summary>
    Archived = 3,

    /// <summary>Some of the ids belong to other stored events (of another stream, or in another order); nothing was stored.</summary>
    IdConflict = 4,
}
