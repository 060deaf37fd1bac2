using System.Data.Common;
using Microsoft.Data.Sqlite;
using Tidemark.Hosting;
using Tidemark.Sqlite;

namespace Flights.Stores;

/// <summary>An SQLite file.</summary>
internal sealed class SqlitePlace : IFlightsPlace
{
    /// <summary>The file of runs on several nodes.</summary>
    public const string NodesFileName = "flights-nodes.db";

    /// <summary>The file of the subscriber, which is no event store.</summary>
    public const string SubscriberFileName = "flights-subscriber.db";

    private const string FileName = "flights.db";
    private const string OwnTable = "import_ledgers";

    private readonly string _path;
    private readonly bool _isDefault;

    /// <summary>A file that the user chose; by default <c>tidemark/flights.db</c> among the user's application data.</summary>
    /// <param name="path">The file; null for the default.</param>
    /// <param name="fileName">The name of the default file.</param>
    public SqlitePlace(string? path, string fileName = FileName)
    {
        _isDefault = path is null;
        _path = Path.GetFullPath(path ?? DefaultPath(fileName));
    }

    /// <summary>A file in <c>tidemark</c> among the user's application data.</summary>
    public static string DefaultPath(string fileName)
    {
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(data.Length > 0 ? data : Path.GetTempPath(), "tidemark", fileName);
    }

    public string Description => $"SQLite, {_path}";

    public string Arguments => _isDefault ? "" : $" --file {(_path.Contains(' ', StringComparison.Ordinal) ? $"\"{_path}\"" : _path)}";

    public IReadOnlyList<string> WorkerArguments => ["--file", _path];

    public void Use(TidemarkBuilder tide) => tide.UseSqlite(_path);

    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(_path))
            return;
        if (!await IsOwnAsync(cancellationToken))
            throw new IOException($"'{_path}' was not made by this sample, so --reset leaves it alone. Delete it if you do not need it.");
        foreach (var suffix in new[] { "", "-wal", "-shm" })
            File.Delete(_path + suffix);
    }

    public DbConnection Connection() => new SqliteConnection(
        new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);

    public string Advice => "Choose another file with --file <path>.";

    private async Task<bool> IsOwnAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = Connection();
            await connection.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = $"select count(*) from sqlite_master where name = '{OwnTable}'";
            return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken)) > 0;
        }
        catch (SqliteException)
        {
            return false; // Not a database at all.
        }
    }
}
