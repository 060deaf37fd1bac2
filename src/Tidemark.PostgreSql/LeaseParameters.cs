using Npgsql;
using NpgsqlTypes;
using Tidemark.Leases;

namespace Tidemark.PostgreSql;

/// <summary>The parameters of the statements about leases: one array per column.</summary>
internal static class LeaseParameters
{
    /// <summary>Those of the statement tick_leases.</summary>
    public static void AddTick(NpgsqlParameterCollection parameters, LeaseTick tick)
    {
        var node = tick.Node;
        parameters
            .With(node.Id).With(node.Name).With(node.Host).With(node.ProcessId).With(Moment(node.ProcessStartedAt))
            .With((short)node.State).With(node.Weight).WithNullable(node.ShardsMax, NpgsqlDbType.Integer)
            .With(CapabilityDocument.Write(node.Capabilities), NpgsqlDbType.Json)
            .With(tick.TimeToLive).With(tick.KnownChange).With(Column(tick.Ended, id => id))
            .WithShards(tick.Register)
            .With(Column(tick.Release, s => s.ToString())).With(Column(tick.Claim, s => s.ToString()))
            .With(Column(tick.Raise, r => r.Key.ToString())).With(Column(tick.Raise, r => r.Value.Value))
            .With(Column(tick.Report, r => r.Key.ToString()))
            .WithTexts(tick.Report, r => r.Value?.Category)
            .WithTexts(tick.Report, r => r.Value?.Message)
            .With(Column(tick.Report, r => r.Value?.NextTry is { } next ? Moment(next) : (DateTime?)null),
                NpgsqlDbType.Array | NpgsqlDbType.TimestampTz);
    }

    /// <summary>Those of the statement change_leases.</summary>
    public static void AddChange(NpgsqlParameterCollection parameters, LeaseChange change) =>
        parameters
            .With(Column(change.When, w => w.Shard.ToString()))
            .With(Column(change.When, w => (short)w.State))
            .With(Column(change.When, w => w.Unowned))
            .WithShards(change.Add)
            .With(Column(change.Set, s => s.Key.ToString())).With(Column(change.Set, s => (short)s.Value))
            .With(Column(change.Pin, p => p.Key.ToString())).WithIds(change.Pin, p => p.Value)
            .With(Column(change.Remove, s => s.ToString()))
            .With(Column(change.Nodes, n => n.Key)).With(Column(change.Nodes, n => (short)n.Value));

    private static NpgsqlParameterCollection WithShards(this NpgsqlParameterCollection parameters, IReadOnlyList<ShardLease> shards) =>
        parameters
            .With(Column(shards, s => s.Shard.ToString()))
            .With(Column(shards, s => s.Shard.Projection))
            .With(Column(shards, s => s.Shard.Generation))
            .With(Column(shards, s => s.Shard.Database))
            .WithTexts(shards, s => s.Group)
            .With(Column(shards, s => s.Version))
            .With(Column(shards, s => (short)s.State))
            .With(Column(shards, s => s.Epoch.Value))
            .WithIds(shards, s => s.Pin);

    private static NpgsqlParameterCollection WithTexts<T>(
        this NpgsqlParameterCollection parameters, IReadOnlyList<T> rows, Func<T, string?> value) =>
        parameters.With(Column(rows, value), NpgsqlDbType.Array | NpgsqlDbType.Text);

    private static NpgsqlParameterCollection WithIds<T>(
        this NpgsqlParameterCollection parameters, IReadOnlyList<T> rows, Func<T, Guid?> value) =>
        parameters.With(Column(rows, value), NpgsqlDbType.Array | NpgsqlDbType.Uuid);

    private static TValue[] Column<T, TValue>(IReadOnlyList<T> rows, Func<T, TValue> value) => [.. rows.Select(value)];

    // Cut to microseconds, which also keeps the greatest moment from becoming the driver's "infinity"; not before 1970 for the least one.
    private static DateTime Moment(DateTimeOffset moment)
    {
        var ticks = Math.Max(moment.UtcTicks, DateTime.UnixEpoch.Ticks);
        return new DateTime(ticks - (ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);
    }
}
