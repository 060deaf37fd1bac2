using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Sqlite.Connections;
using Tidemark.Sqlite.Projections;

namespace Tidemark.Sqlite;

/// <summary>Checkpoints in an SQLite file.</summary>
internal sealed class SqliteCheckpoints(SqliteDatabase database) : ICheckpointStore
{
    /// <inheritdoc />
    public ValueTask<Checkpoint> OpenAsync(ShardName shard, Epoch? epoch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shard);
        return database.Writer.WriteAsync(session => (Open(session, shard, epoch), true), cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask MoveAsync(CheckpointMove move, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(move);
        await database.Writer.WriteAsync(
            session =>
            {
                Move(session, move, database.Now);
                return (true, true);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Checkpoint>> ReadAllAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<Checkpoint>>(
            session =>
            {
                var checkpoints = new List<Checkpoint>();
                using var rows = session.Prepare(SqlText.ReadCheckpoints);
                while (rows.Step())
                    checkpoints.Add(Read(rows, ShardName.Parse(rows.Text(0))));
                return checkpoints;
            },
            cancellationToken);

    /// <inheritdoc />
    public async ValueTask ReplaceAsync(
        IReadOnlyList<ShardName> replaced, IReadOnlyList<Checkpoint> made, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replaced);
        ArgumentNullException.ThrowIfNull(made);
        await database.WriteIdempotentlyAsync(
            session =>
            {
                Replace(session, replaced, made, database.Now);
                return (true, true);
            },
            create: false,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask DeleteAsync(string projection, int generation, CancellationToken cancellationToken) =>
        await database.WriteIdempotentlyAsync(
            session =>
            {
                session.Prepare(SqlText.DeleteCheckpoints).Bind(1, projection).Bind(2, generation).Run();
                Parking.Delete(session, projection, generation);
                return (true, true);
            },
            create: false,
            cancellationToken).ConfigureAwait(false);

    /// <summary>Moves a checkpoint inside a transaction that holds the write lock.</summary>
    /// <exception cref="FencedException">The epoch or the previous position is not the stored one.</exception>
    internal static void Move(SqliteSession session, CheckpointMove move, DateTimeOffset now)
    {
        var statement = session.Prepare(SqlText.MoveCheckpoint)
            .Bind(1, move.Shard.ToString()).Bind(2, move.Epoch.Value).Bind(3, move.Previous.Value).Bind(4, move.Next.Value)
            .Bind(6, move.AnchorPosition.Value).Bind(7, Microseconds.Of(now))
            .Bind(8, move.Behind is { } behind ? TenantBehind.Format(behind) : null);
        if (move.Anchor is { } anchor)
            statement.Bind(5, anchor).Run();
        else
            statement.BindNull(5).Run();
        if (session.Changes() == 0)
            throw new FencedException(move.Shard, move.Epoch, move.Previous);
    }

    private Checkpoint Open(SqliteSession session, ShardName shard, Epoch? epoch)
    {
        var stored = Find(session, shard);
        if (stored is null)
        {
            var (first, now) = (epoch ?? new Epoch(1), Microseconds.Of(database.Now));
            session.Prepare(SqlText.InsertCheckpoint)
                .Bind(1, shard.ToString()).Bind(2, shard.Projection).Bind(3, shard.Generation).Bind(4, first.Value).Bind(5, now).Run();
            return new Checkpoint(shard, Position.Beginning, first, null, Position.Beginning, Microseconds.ToMoment(now));
        }

        if (stored.Epoch == Epoch.Replaced || epoch?.Value < stored.Epoch.Value)
            throw new FencedException(shard, epoch ?? default, stored.Position);
        var installed = epoch ?? new Epoch(stored.Epoch.Value + 1);
        session.Prepare(SqlText.InstallEpoch).Bind(1, shard.ToString()).Bind(2, installed.Value).Run();
        return stored with { Epoch = installed };
    }

    private static void Replace(
        SqliteSession session, IReadOnlyList<ShardName> replaced, IReadOnlyList<Checkpoint> made, DateTimeOffset now)
    {
        if (replaced.Count > 0 && replaced.All(s => Find(session, s)?.Epoch == Epoch.Replaced))
            return;
        var epoch = made.Select(c => c.Epoch).DefaultIfEmpty(new(Epoch.Replaced.Value - 1)).MaxBy(e => e.Value);
        foreach (var shard in replaced)
        {
            var former = Find(session, shard);
            if (former is null || former.Epoch.Value > epoch.Value)
                throw new FencedException(shard, epoch, former?.Position ?? Position.Beginning);
            session.Prepare(SqlText.InstallEpoch).Bind(1, shard.ToString()).Bind(2, Epoch.Replaced.Value).Run();
        }

        foreach (var checkpoint in made)
        {
            if (Find(session, checkpoint.Shard) is { } other && other.Epoch != Epoch.Replaced && other.Epoch.Value > checkpoint.Epoch.Value)
                throw new FencedException(checkpoint.Shard, checkpoint.Epoch, checkpoint.Position);
            Save(session, checkpoint, now);
        }
    }

    private static void Save(SqliteSession session, Checkpoint checkpoint, DateTimeOffset now)
    {
        var shard = checkpoint.Shard;
        var statement = session.Prepare(SqlText.SaveCheckpoint)
            .Bind(1, shard.ToString()).Bind(2, shard.Projection).Bind(3, shard.Generation).Bind(4, checkpoint.Position.Value)
            .Bind(5, checkpoint.Epoch.Value).Bind(7, checkpoint.AnchorPosition.Value).Bind(8, Microseconds.Of(now))
            .Bind(9, SlotProgress.Format(checkpoint.Ahead)).Bind(10, TenantBehind.Format(checkpoint.Behind));
        if (checkpoint.Anchor is { } anchor)
            statement.Bind(6, anchor).Run();
        else
            statement.BindNull(6).Run();
    }

    private static Checkpoint? Find(SqliteSession session, ShardName shard)
    {
        using var row = session.Prepare(SqlText.FindCheckpoint).Bind(1, shard.ToString());
        return row.Step() ? Read(row, shard) : null;
    }

    private static Checkpoint Read(Statement row, ShardName shard) => new(
        shard,
        new Position(row.Int64(1)),
        new Epoch(row.Int64(2)),
        row.IsNull(3) ? null : row.Id(3),
        new Position(row.Int64(4)),
        Microseconds.ToMoment(row.Int64(5)))
    {
        Ahead = SlotProgress.Parse(row.IsNull(6) ? null : row.Text(6)),
        Behind = TenantBehind.Parse(row.IsNull(7) ? null : row.Text(7)),
    };
}
