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

    /// <summary>The words for a command line.</summary>
    public string[] ToArguments() =>
    [
        "--kind", Store.Kind, "--target", Store.Target, "--writers", Text(Writers), "--streams", Text(Streams), "--seed", Text(Seed),
        "--pause", Text(PauseMilliseconds),
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
        };

        int Number(string name) => int.Parse(given[name], CultureInfo.InvariantCulture);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
