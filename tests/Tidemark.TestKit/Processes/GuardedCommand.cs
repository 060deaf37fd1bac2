namespace Tidemark.TestKit.Processes;

/// <summary>A command line and what its guard does when the test process dies.</summary>
internal sealed record GuardedCommand(IReadOnlyList<string> Words)
{
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    public string? WorkingDirectory { get; init; }

    /// <summary>Removed by the guard when the test process dies.</summary>
    public string? Folder { get; init; }

    /// <summary>Sent by the guard when the test process dies: a name that <c>kill -s</c> takes.</summary>
    public string OrphanSignal { get; init; } = "KILL";
}
