namespace Tidemark.Delivery.Sessions;

/// <summary>
/// Hands out the numbers of questions (handshakes and offers). One for all sessions of a process: so numbers ascend within every session
/// and
/// every connection, and a late answer to a session that has ended is never taken for an answer to the next one. Thread-safe.
/// </summary>
internal sealed class QuestionNumbers
{
    private long _last;

    /// <summary>The next number; from 1.</summary>
    public long Next() => Interlocked.Increment(ref _last);
}
