using Tidemark.Events;

namespace Tidemark.Cluster.Tests.Nodes;

/// <summary>An append that the store has answered: these events are in this stream, the first at this position.</summary>
public sealed record Acknowledged(string Stream, Position First, IReadOnlyList<Guid> Ids)
{
    /// <summary>Reads a line of a node; null when it is another line, or one that the node's death cut off.</summary>
    public static Acknowledged? Parse(string line)
    {
        string[] words = line.Split(' ');
        return words is ["ack", string stream, string first, .., "."]
            ? new Acknowledged(stream, new Position(long.Parse(first)), [.. words[3..^1].Select(Guid.Parse)])
            : null;
    }
}
