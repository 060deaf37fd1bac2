using Tidemark.TestKit.Processes;
using Tidemark.TestNode;

namespace Tidemark.Cluster.Tests.Nodes;

/// <summary>A node as a process of its own.</summary>
internal sealed class Node : IAsyncDisposable
{
    private Node(ChildProcess process) => Process = process;

    public ChildProcess Process { get; }

    /// <summary>What the store has acknowledged to it so far.</summary>
    public IEnumerable<Acknowledged> Acknowledged => Process.Output.Snapshot().Select(Nodes.Acknowledged.Parse).OfType<Acknowledged>();

    /// <summary>The state that it last told of a shard, for instance "Paused Fenced"; null when it has told none.</summary>
    public string? StateOf(string projection)
    {
        string start = $"shard {projection} ";
        return Process.Output.Snapshot().LastOrDefault(line => line.StartsWith(start, StringComparison.Ordinal))?[start.Length..];
    }

    /// <summary>Whether it has ever told that it no longer runs a shard, or was refused a write to it.</summary>
    public bool HasToldOfLoss(string shard) =>
        Process.Output.Snapshot().Any(line => line == $"run {shard} Gone" || line == $"run {shard} Paused Fenced");

    /// <summary>Whether it runs a shard, as far as it has told.</summary>
    public bool Runs() => Process.Output.Snapshot()
        .Where(line => line.StartsWith("run ", StringComparison.Ordinal)).Select(line => line.Split(' '))
        .GroupBy(words => words[1], StringComparer.Ordinal).Any(shard => shard.Last()[2] != "Gone");

    /// <summary>How often it has read the read models, told at its end; 0 before.</summary>
    public long Reads() => Process.Output.Snapshot()
        .Where(line => line.StartsWith("read ", StringComparison.Ordinal)).Select(line => long.Parse(line[5..])).LastOrDefault();

    public static async Task<Node> StartAsync(NodeOptions options) =>
        new(await ChildProcess.StartAsync(Path.Combine(AppContext.BaseDirectory, "Tidemark.TestNode.dll"), options.ToArguments()));

    /// <summary>Waits until its store is open and its daemon runs.</summary>
    public Task ReadyAsync() => Process.Output.WaitForAsync(line => line == "ready", Eventually.Patience);

    /// <summary>Waits until something was acknowledged to it.</summary>
    public Task WorkingAsync() =>
        Process.Output.WaitForAsync(line => line.StartsWith("ack ", StringComparison.Ordinal), Eventually.Patience);

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
