using Flights.Stores;

namespace Flights;

/// <summary>What the user asks for.</summary>
internal sealed record FlightsRequest
{
    public string? Postgres { get; init; }

    public string? File { get; init; }

    public bool Reset { get; init; }

    public required int FlightsMax { get; init; }

    public int? Nodes { get; init; }

    public bool Serves { get; init; }

    public bool Subscribes { get; init; }

    public required int Port { get; init; }

    public string? Worker { get; init; }

    /// <summary>The subscriber's own file.</summary>
    public string SubscriberFile => Path.GetFullPath(File ?? SqlitePlace.DefaultPath(SqlitePlace.SubscriberFileName));

    private bool IsShared => Nodes is not null || Worker is not null;

    /// <summary>
    /// Where the events are kept. Runs on several nodes keep theirs apart from those of plain runs: they start over each time.
    /// </summary>
    public IFlightsPlace Place() => (Postgres, IsShared) switch
    {
        (null, false) => new SqlitePlace(File),
        (null, true) => new SqlitePlace(File, SqlitePlace.NodesFileName),
        (_, false) => new PostgreSqlPlace(Postgres),
        (_, true) => new PostgreSqlPlace(Postgres, PostgreSqlPlace.NodesSchema),
    };
}
