namespace Tidemark.Sqlite;

/// <summary>When a commit waits for the disk.</summary>
public enum SqliteSynchronous
{
    /// <summary>
    /// Each commit waits until it is on disk: what was answered survives a loss of power. Under load many appends share one commit, so this
    /// costs little.
    /// </summary>
    Full = 0,

    /// <summary>
    /// The disk is waited for only when the write-ahead log is copied into the database. Safe when the process dies. A loss of power may
    /// take the last commits away after consumers saw them; their positions are then drawn again. For development and tests.
    /// </summary>
    Normal = 1,
}
