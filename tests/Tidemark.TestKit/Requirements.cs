using Tidemark.TestKit.PgBouncer;
using Tidemark.TestKit.Postgres;
using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit;

/// <summary>
/// What a test needs from the machine. Each member returns null when it is there, else the reason for skipping; when the
/// environment says <c>CI=true</c>, a missing piece is an error instead, so that no run is green by leaving tests out.
/// </summary>
public static class Requirements
{
    /// <summary>A PostgreSQL server: programs to start one, or the variable that names one.</summary>
    public static string? PostgreSqlMissing() => Judge(
        ServerIsNamed() || PostgresBinaries.Find() is not null,
        PostgresBinaries.HowToGet);

    /// <summary>A PostgreSQL server that a test may stop and start.</summary>
    public static string? OwnPostgreSqlMissing() => PostgreSqlMissing()
        ?? (ServerIsNamed() ? $"The server named by {PostgresCluster.ServerVariable} is not ours to restart." : null);

    /// <summary>The pooler.</summary>
    public static string? PgBouncerMissing() => PostgreSqlMissing()
        ?? Judge(Executables.Find("pgbouncer") is not null, PgBouncerProxy.HowToGet);

    /// <summary>The model checker and the C compiler that it needs.</summary>
    public static string? SpinMissing() => Judge(
        Executables.Find("spin") is not null && (Executables.Find("gcc") ?? Executables.Find("cc")) is not null,
        "The model checker was not found. Install it with a C compiler (Debian, Ubuntu: apt-get install spin gcc).");

    /// <summary>Node.js, for the consumer that is written in JavaScript.</summary>
    public static string? NodeMissing() => Judge(
        NodePath is not null, "Node.js was not found. Install version 18 or newer (Debian, Ubuntu: apt-get install nodejs).");

    /// <summary>Where Node.js is; null when it is not there.</summary>
    public static string? NodePath => Executables.Find("node");

    private static bool ServerIsNamed() =>
        !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(PostgresCluster.ServerVariable));

    private static string? Judge(bool present, string howToGet)
    {
        if (present)
            return null;

        bool required = string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);
        return required ? throw new TestKitException($"{howToGet} (CI=true: a missing requirement is an error.)") : howToGet;
    }
}
