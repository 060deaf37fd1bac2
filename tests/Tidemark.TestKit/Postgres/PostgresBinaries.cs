using System.Globalization;
using Tidemark.TestKit.Processes;

namespace Tidemark.TestKit.Postgres;

/// <summary>Where PostgreSQL's server programs are. Debian keeps them out of PATH, one folder per major version.</summary>
internal static class PostgresBinaries
{
    private const string DebianRoot = "/usr/lib/postgresql";

    public const string HowToGet =
        "PostgreSQL's server programs (initdb, postgres) were not found on PATH or under /usr/lib/postgresql/*/bin. "
        + "Install them (Debian, Ubuntu: apt-get install postgresql), or set " + PostgresCluster.ServerVariable
        + " to the connection string of a server on which databases may be created.";

    /// <summary>The folder with <c>initdb</c> and <c>postgres</c>, or null.</summary>
    public static string? Find()
    {
        string? initdb = Executables.Find("initdb");
        string? onPath = initdb is null ? null : Path.GetDirectoryName(Executables.Target(initdb));
        if (onPath is not null && HasServer(onPath))
            return onPath;

        if (!Directory.Exists(DebianRoot))
            return null;

        return Directory.EnumerateDirectories(DebianRoot)
            .OrderByDescending(MajorVersion)
            .Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault(HasServer);
    }

    private static double MajorVersion(string folder) =>
        double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out double major) ? major : 0;

    private static bool HasServer(string folder) =>
        File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"));
}
