using System.Text.Json;
using System.Text.Json.Serialization;
using Tidemark.Leases;

namespace Tidemark.PostgreSql;

/// <summary>Roster and shards as one JSON document, as the function lease_view makes it.</summary>
internal sealed record LeaseDocument(
    long Change, DateTimeOffset Now, bool IsComplete, NodeDocument[] Nodes, ShardDocument[] Shards, long LastCommand)
{
    public static LeaseView Read(ReadOnlySpan<byte> json)
    {
        var document = JsonSerializer.Deserialize(json, LeaseJsonContext.Default.LeaseDocument)
            ?? throw new InvalidOperationException("The function lease_view answered with nothing.");
        return new LeaseView(
            document.Change,
            document.Now.ToUniversalTime(),
            Array.ConvertAll(document.Nodes, n => n.ToNode()),
            Array.ConvertAll(document.Shards, s => s.ToLease()),
            document.LastCommand)
        { IsComplete = document.IsComplete };
    }
}

/// <summary>A row of the roster.</summary>
internal sealed record NodeDocument(
    Guid Id,
    string Name,
    string Host,
    int ProcessId,
    DateTimeOffset ProcessStartedAt,
    NodeState State,
    int Weight,
    int? ShardsMax,
    CapabilityDocument[] Capabilities,
    DateTimeOffset StartedAt,
    DateTimeOffset ExpiresAt)
{
    public Node ToNode() => new(
        Id,
        Name,
        Host,
        ProcessId,
        ProcessStartedAt.ToUniversalTime(),
        State,
        Weight,
        ShardsMax,
        Array.ConvertAll(Capabilities, c => new Capability(c.Projection, c.Version)),
        StartedAt.ToUniversalTime(),
        ExpiresAt.ToUniversalTime());
}

/// <summary>A capability in the column nodes.capabilities.</summary>
internal sealed record CapabilityDocument(string Projection, int Version)
{
    public static string Write(IReadOnlyList<Capability> capabilities) => JsonSerializer.Serialize(
        [.. capabilities.Select(c => new CapabilityDocument(c.Projection, c.Version))],
        LeaseJsonContext.Default.CapabilityDocumentArray);
}

/// <summary>A row of the leases.</summary>
internal sealed record ShardDocument(
    string Shard, string? Group, int Version, LeaseState State, Guid? Owner, long Epoch, Guid? Pin, ProblemDocument? Problem)
{
    public ShardLease ToLease() => new(ShardName.Parse(Shard), Group, Version, State, Owner, new(Epoch), Pin, Problem?.ToProblem());
}

/// <summary>The columns of a problem.</summary>
internal sealed record ProblemDocument(string Category, string Message, DateTimeOffset? NextTry)
{
    public ShardProblem ToProblem() => new(Category, Message, NextTry?.ToUniversalTime());
}

/// <summary>The source-generated serializer of these documents.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LeaseDocument))]
[JsonSerializable(typeof(CapabilityDocument[]))]
internal sealed partial class LeaseJsonContext : JsonSerializerContext;
