namespace Tidemark.TestKit.Postgres;

/// <summary>How a server is stopped.</summary>
public enum PostgresStop
{
    /// <summary>Sessions are cut, open transactions roll back, a checkpoint is written.</summary>
    Fast = 0,

    /// <summary>As a crash: every process ends at once, and the next start recovers from the log.</summary>
    Immediate = 1,
}
