using System.Net.Sockets;
using Npgsql;

namespace Tidemark.PostgreSql;

/// <summary>What the errors of the driver mean.</summary>
internal static class PostgreSqlErrors
{
    /// <summary>Raised by the function that moves a checkpoint: epoch or previous position are not the stored ones.</summary>
    public const string Fenced = "TM001";

    // The server has ended the session: its transaction was idle or open for too long, or it was idle itself.
    private const string IdleInTransaction = "25P03";
    private const string TransactionTimeout = "25P04";
    private const string IdleSession = "57P05";

    private const string EventIdConstraint = "events_event_id_key";

    public static bool IsTransient(Exception error) => error switch
    {
        PostgresException e => e.IsTransient || IsTransientState(e.SqlState),
        NpgsqlException { InnerException: IOException or SocketException or TimeoutException or ObjectDisposedException } => true,
        NpgsqlException e => e.IsTransient,
        TimeoutException or IOException or SocketException => true,
        _ => false,
    };

    /// <summary>Whether an append failed because one of its event ids is in the log already.</summary>
    public static bool IsEventIdTaken(PostgresException e) =>
        e.SqlState == PostgresErrorCodes.UniqueViolation && e.ConstraintName == EventIdConstraint;

    private static bool IsTransientState(string state) =>
        state is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
            or IdleInTransaction or TransactionTimeout or IdleSession
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
        || state.StartsWith("08", StringComparison.Ordinal)
        || state.StartsWith("53", StringComparison.Ordinal);
}
