using Tidemark.Storage;
using Tidemark.Tenancy;

namespace Tidemark.Sqlite;

/// <summary>
/// How an event database in an SQLite file is used. One file is one event database; several processes of one host may share it.
/// </summary>
public sealed class SqliteOptions
{
    private const long TenantCacheBytesMin = 2L << 20;

    /// <summary>
    /// The path of the database file, on a local disk: SQLite's locks do not work on network file systems. The file and its folders are
    /// made when absent. Beside it SQLite keeps two more files, ending in <c>-wal</c> and <c>-shm</c>, which belong to the database.
    /// </summary>
    public string Path { get; set; } = "";

    /// <summary>
    /// The path of the file of a tenant database by its name; called once for each tenant database. Null takes a file beside
    /// <see cref="Path"/>: <c>orders.db</c> has <c>orders.acme.db</c> for the tenant database <c>acme</c>.
    /// </summary>
    public Func<string, string>? TenantPath { get; set; }

    /// <summary>When a commit waits for the disk. <see cref="SqliteSynchronous.Full"/> by default.</summary>
    public SqliteSynchronous Synchronous { get; set; } = SqliteSynchronous.Full;

    /// <summary>
    /// How long a call waits for the write lock, be it held by another process or by a transaction of this one, before it fails with an
    /// error that is transient. 0 to 1 hour; 30 seconds by default.
    /// </summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often a listener looks whether something was committed. 1 ms to 1 minute; 10 ms by default, which costs less than 0.1% of a
    /// core.
    /// </summary>
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How many connections read at once; more readers wait. 1 to 64; 4 by default.</summary>
    public int ReadersMax { get; set; } = 4;

    /// <summary>
    /// How many bytes the page caches hold at most, all connections together: one half for the writer, the other for the readers.
    /// 1 MiB to 64 GiB; 64 MiB by default.
    /// </summary>
    public long CacheBytes { get; set; } = 64L << 20;

    /// <summary>
    /// The same for each tenant database. 1 MiB to 64 GiB; null, the default, takes an eighth of <see cref="CacheBytes"/>, at least 2 MiB.
    /// </summary>
    public long? TenantCacheBytes { get; set; }

    /// <summary>
    /// How often a listener on a tenant database looks whether another process committed something. 1 ms to 1 minute; 100 ms by default:
    /// with hundreds of files each look counts.
    /// </summary>
    public TimeSpan TenantWatchInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The size in bytes at which the write-ahead log is emptied. A quarter of it is what a commit copies into the database at most. A
    /// reader of another program that stays open can let the log grow beyond. 1 MiB to 64 GiB; 64 MiB by default.
    /// </summary>
    public long WalBytesMax { get; set; } = 64L << 20;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range. The message names each key, its value and the allowed
    /// range.</exception>
    public void Validate()
    {
        var errors = new List<string>();
        CheckPath(errors);
        if (!Enum.IsDefined(Synchronous))
        {
            var allowed = string.Join(", ", Enum.GetNames<SqliteSynchronous>());
            errors.Add($"{Name(nameof(Synchronous))} is {Synchronous}; allowed are {allowed}.");
        }

        CheckRange(errors, nameof(BusyTimeout), BusyTimeout, TimeSpan.Zero, TimeSpan.FromHours(1));
        CheckRange(errors, nameof(WatchInterval), WatchInterval, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        CheckRange(errors, nameof(ReadersMax), ReadersMax, 1, 64);
        CheckRange(errors, nameof(CacheBytes), CacheBytes, 1L << 20, 64L << 30);
        CheckRange(errors, nameof(TenantCacheBytes), TenantCacheBytes ?? TenantCacheBytesMin, 1L << 20, 64L << 30);
        CheckRange(errors, nameof(TenantWatchInterval), TenantWatchInterval, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        CheckRange(errors, nameof(WalBytesMax), WalBytesMax, 1L << 20, 64L << 30);
        if (errors.Count > 0)
            throw new ArgumentException(string.Join(" ", errors));
    }

    /// <summary>The options of a tenant database.</summary>
    /// <exception cref="ArgumentException">The name is not allowed, or leads to the file of the coordination database.</exception>
    internal SqliteOptions OfTenant(string name)
    {
        EventDatabaseName.Check(name);
        var tenant = Copy();
        tenant.Path = TenantPath is { } given ? given(name) : BesidePath(name);
        if (!string.IsNullOrWhiteSpace(tenant.Path) && System.IO.Path.GetFullPath(tenant.Path) == System.IO.Path.GetFullPath(Path))
        {
            throw new ArgumentException(
                $"{Name(nameof(TenantPath))} of '{name}' is '{tenant.Path}', the file of the coordination database; "
                + "give each its own file.");
        }

        tenant.CacheBytes = TenantCacheBytes ?? Math.Max(CacheBytes / 8, TenantCacheBytesMin);
        tenant.WatchInterval = TenantWatchInterval;
        return tenant;
    }

    internal SqliteOptions Copy() => (SqliteOptions)MemberwiseClone();

    private string BesidePath(string name) => System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(Path) ?? "",
        $"{System.IO.Path.GetFileNameWithoutExtension(Path)}.{name}{System.IO.Path.GetExtension(Path)}");

    private static string Name(string key) => $"{nameof(SqliteOptions)}.{key}";

    private static void CheckRange<T>(List<string> errors, string key, T value, T min, T max)
        where T : IComparable<T>
    {
        if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
            errors.Add($"{Name(key)} is {value}; allowed is {min} to {max}.");
    }

    private void CheckPath(List<string> errors)
    {
        const string inMemory = "For a store without a file use the in-memory store of the package Tidemark.Testing.";
        if (string.IsNullOrWhiteSpace(Path))
            errors.Add($"{Name(nameof(Path))} is empty; give the path of a file, for instance \"orders.db\". {inMemory}");
        else if (Path.Contains(":memory:", StringComparison.OrdinalIgnoreCase))
            errors.Add($"{Name(nameof(Path))} is '{Path}'; a database in memory has one connection, this store needs several. {inMemory}");
        else if (Path.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            errors.Add($"{Name(nameof(Path))} is '{Path}'; give a plain path, not a URI.");
        else if (Path.StartsWith('|') || Path.Contains('\0', StringComparison.Ordinal))
            errors.Add($"{Name(nameof(Path))} is '{Path.Replace('\0', '?')}'; give a path that does not begin with '|' and has no NUL.");
        else if (Directory.Exists(Path))
            errors.Add($"{Name(nameof(Path))} is '{Path}', which is a folder; give the path of a file.");
    }
}
