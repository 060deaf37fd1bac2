using System.Globalization;

namespace Tidemark.TestNode.Remote;

/// <summary>An event that a remote consumer got.</summary>
public sealed record ConsumedEvent(string Partition, long Position, string Stream, long Version)
{
    /// <summary>The start of its line.</summary>
    public const string LineStart = "got ";

    /// <summary>Its line: "got PARTITION POSITION STREAM VERSION .".</summary>
    public string ToLine() => string.Create(CultureInfo.InvariantCulture, $"{LineStart}{Partition} {Position} {Stream} {Version} .");

    /// <summary>Reads a line; null when it is another one, or one that the death of the consumer cut off.</summary>
    public static ConsumedEvent? Parse(string line) => line.Split(' ') is ["got", { } partition, { } position, { } stream, { } version, "."]
        ? new ConsumedEvent(
            partition, long.Parse(position, CultureInfo.InvariantCulture), stream, long.Parse(version, CultureInfo.InvariantCulture))
        : null;
}
