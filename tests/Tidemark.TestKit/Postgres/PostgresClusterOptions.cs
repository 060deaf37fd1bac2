namespace Tidemark.TestKit.Postgres;

/// <summary>Settings of a throw-away cluster.</summary>
public sealed record PostgresClusterOptions
{
    public int MaxConnections { get; init; } = 300;

    /// <summary>Off makes commits faster and a crash test worthless.</summary>
    public bool Fsync { get; init; } = true;

    /// <summary>How long a start, with recovery, may take.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>More lines for postgresql.conf; values as they stand there, quotes included.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
