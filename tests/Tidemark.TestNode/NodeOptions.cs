using System.Globalization;

namespace Tidemark.TestNode;

/// <summary>What a node is told on its command line.</summary>
public sealed record NodeOptions
{
    public StoreChoice Store { get; init; } = new("sqlite", "");

    /// <summary>How many tasks append, each as fast as it can. 0: the node only projects.</summary>
    public int Writers { get; init; }

    /// <summary>Over how many streams.</summary>
    public int Streams { get; init; } = 12;

    public int Seed { get; init; }

    /// <summary>The daemon's pause after an error, in milliseconds.</summary>
    public int PauseMilliseconds { get; init; } = 30_000;

    /// <summary>The time between two heartbeats, in milliseconds.</summary>
    public int TickMilliseconds { get; init; } = 4_000;

    /// <summary>How long the node counts as alive after a heartbeat, in milliseconds.</summary>
    public int TimeToLiveMilliseconds { get; init; } = 10_000;

    /// <summary>How long progress that wrote nothing may stay in memory, in milliseconds.</summary>
    public int IdleProgressMilliseconds { get; init; } = 5_000;

    /// <summary>Into how many shards each projection is split.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>The version of the projections' code.</summary>
    public int Version { get; init; } = 1;

    /// <summary>How many tasks read the read models and look whether they ever go back.</summary>
    public int Readers { get; init; }

    /// <summary>Whether the balances are held at their first event until a SIGHUP; else a SIGHUP rebuilds every projection.</summary>
    public bool Holds { get; init; }

    /// <summary>Whether the node also keeps the tally, a projection that updates rows in a transaction of its own.</summary>
    public bool Tallies { get; init; }

    /// <summary>Whether the tally is held at its first event until a SIGHUP, inside its transaction, with its row and its
    /// checkpoint's locked. For PostgreSQL.</summary>
    public bool HoldsTally { get; init; }

    /// <summary>How long a shard's transaction may be idle before PostgreSQL ends it, in milliseconds.</summary>
    public int IdleTransactionMilliseconds { get; init; } = 10_000;

    /// <summary>Whether the node also consumes subscriptions; see <see cref="Bank.Subscribers"/>.</summary>
    public bool Subscribes { get; init; }

    /// <summary>The amount of a deposit on which the balances fail; 0 for none.</summary>
    public int Poison { get; init; }

    /// <summary>The port on loopback where the node delivers to remote consumers; 0 for none.</summary>
    public int DeliveryPort { get; init; }

    /// <summary>The words for a command line.</summary>
    public string[] ToArguments() =>
    [
        "--kind", Store.Kind, "--target", Store.Target, "--writers", Text(Writers), "--streams", Text(Streams), "--seed", Text(Seed),
        "--pause", Text(PauseMilliseconds), "--tick", Text(TickMilliseconds), "--time-to-live", Text(TimeToLiveMilliseconds),
        "--idle-progress", Text(IdleProgressMilliseconds), "--partitions", Text(Partitions), "--version", Text(Version),
        "--readers", Text(Readers), "--holds", Text(Holds ? 1 : 0),
        "--tallies", Text(Tallies ? 1 : 0), "--holds-tally", Text(HoldsTally ? 1 : 0),
        "--idle-transaction", Text(IdleTransactionMilliseconds), "--subscribes", Text(Subscribes ? 1 : 0), "--poison", Text(Poison),
        "--delivery-port", Text(DeliveryPort),
    ];

    public static NodeOptions Parse(string[] arguments)
    {
        var given = arguments.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return new NodeOptions
        {
            Store = new StoreChoice(given["--kind"], given["--target"]),
            Writers = Number("--writers"),
            Streams = Number("--streams"),
            Seed = Number("--seed"),
            PauseMilliseconds = Number("--pause"),
            TickMilliseconds = Number("--tick"),
            TimeToLiveMilliseconds = Number("--time-to-live"),
            IdleProgressMilliseconds = Number("--idle-progress"),
            Partitions = Number("--partitions"),
            Version = Number("--version"),
            Readers = Number("--readers"),
            Holds = Number("--holds") == 1,
            Tallies = Number("--tallies") == 1,
            HoldsTally = Number("--holds-tally") == 1,
            IdleTransactionMilliseconds = Number("--idle-transaction"),
            Subscribes = Number("--subscribes") == 1,
            Poison = Number("--poison"),
            DeliveryPort = Number("--delivery-port"),
        };

        int Number(string name) => int.Parse(given[name], CultureInfo.InvariantCulture);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
