using System.Text.Json;
using System.Text.Json.Serialization;
using Tidemark.Leases;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite.Coordination;

/// <summary>Reads the roster and the leases.</summary>
internal static class LeaseRows
{
    /// <summary>The answer to a node: the shards that changed after what it knows. Reads several rows: call it in one snapshot.</summary>
    /// <param name="session">The session.</param>
    /// <param name="known">The change that is known; 0 for nothing.</param>
    /// <param name="now">The clock.</param>
    /// <param name="owners">Whether expired nodes that own shards are wanted, too.</param>
    public static LeaseView View(SqliteSession session, long known, DateTimeOffset now, bool owners)
    {
        var moment = Microseconds.Of(now);
        var (change, lastCommand) = Counters(session);
        return new LeaseView(
            change, Microseconds.ToMoment(moment), Nodes(session, moment, owners), Shards(session, known), lastCommand)
        {
            IsComplete = known == 0,
        };
    }

    private static (long Change, long LastCommand) Counters(SqliteSession session)
    {
        using var row = session.Prepare(SqlText.LookAtLeases);
        row.Step();
        return (row.Int64(0), row.Int64(1));
    }

    private static List<Node> Nodes(SqliteSession session, long now, bool owners)
    {
        var nodes = new List<Node>();
        using var rows = session.Prepare(SqlText.ReadNodes).Bind(1, now).Bind(2, owners ? 1 : 0);
        while (rows.Step())
        {
            nodes.Add(new Node(
                rows.Id(0),
                rows.Text(1),
                rows.Text(2),
                (int)rows.Int64(3),
                Microseconds.ToMoment(rows.Int64(4)),
                (NodeState)rows.Int64(5),
                (int)rows.Int64(6),
                rows.IsNull(7) ? null : (int)rows.Int64(7),
                CapabilityJson.Read(rows.Utf8(8)),
                Microseconds.ToMoment(rows.Int64(9)),
                Microseconds.ToMoment(rows.Int64(10))));
        }

        return nodes;
    }

    private static List<ShardLease> Shards(SqliteSession session, long known)
    {
        var shards = new List<ShardLease>();
        using var rows = session.Prepare(SqlText.ReadLeases).Bind(1, known);
        while (rows.Step())
        {
            shards.Add(new ShardLease(
                ShardName.Parse(rows.Text(0)),
                rows.IsNull(1) ? null : rows.Text(1),
                (int)rows.Int64(2),
                (LeaseState)rows.Int64(3),
                rows.IsNull(4) ? null : rows.Id(4),
                new(rows.Int64(5)),
                rows.IsNull(6) ? null : rows.Id(6),
                rows.IsNull(7) ? null : Problem(rows)));
        }

        return shards;
    }

    private static ShardProblem Problem(Statement row) =>
        new(row.Text(7), row.Text(8), row.IsNull(9) ? null : Microseconds.ToMoment(row.Int64(9)));
}

/// <summary>A capability in the column capabilities.</summary>
internal sealed record CapabilityJson(string Projection, int Version)
{
    public static string Write(IReadOnlyList<Capability> capabilities) => JsonSerializer.Serialize(
        [.. capabilities.Select(c => new CapabilityJson(c.Projection, c.Version))],
        CapabilityJsonContext.Default.CapabilityJsonArray);

    public static Capability[] Read(ReadOnlySpan<byte> json) => Array.ConvertAll(
        JsonSerializer.Deserialize(json, CapabilityJsonContext.Default.CapabilityJsonArray) ?? [],
        c => new Capability(c.Projection, c.Version));
}

/// <summary>The source-generated serializer of capabilities.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CapabilityJson[]))]
internal sealed partial class CapabilityJsonContext : JsonSerializerContext;
