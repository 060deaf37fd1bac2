using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Sqlite.Connections;

namespace Tidemark.Sqlite.Projections;

/// <summary>Writes dead letters, parks streams and settles them, inside a transaction that holds the write lock.</summary>
internal static class Parking
{
    /// <summary>Writes a commit's part.</summary>
    public static void Write(SqliteSession session, ReadModelCommit commit, DateTimeOffset now)
    {
        if (commit.ParkedStep is { } step)
            Take(session, step);
        if (commit.DeadLetters.Count > 0)
            Write(session, commit.DeadLetters, Microseconds.Of(now));
        if (commit.ParkedEvents.Count > 0)
            Write(session, commit.Move!.Shard, commit.ParkedEvents);
    }

    /// <summary>Drops what waits in a retired generation.</summary>
    public static void Delete(SqliteSession session, string projection, int generation)
    {
        foreach (var sql in (string[])[SqlText.DeleteParkedQueues, SqlText.DeleteParkedStreams, SqlText.SupersedeDeadLetters])
            session.Prepare(sql).Bind(1, projection).Bind(2, generation).Run();
    }

    private static void Take(SqliteSession session, ParkedStreamStep step)
    {
        if (step.Letter is { } letter)
            session.Prepare(SqlText.DeleteDeadLetter).Bind(1, step.Projection).Bind(2, step.Generation).Bind(3, letter.Value).Run();
        session.Prepare(SqlText.DeleteParkedEvents)
            .Bind(1, step.Projection).Bind(2, step.Generation).Bind(3, step.Tenant.Value).Bind(4, step.Stream.Value)
            .Bind(5, step.Through.Value).Run();
        if (!step.Rejoins)
            return;
        session.Prepare(SqlText.ReleaseParkedStream)
            .Bind(1, step.Projection).Bind(2, step.Generation).Bind(3, step.Tenant.Value).Bind(4, step.Stream.Value).Run();
    }

    private static void Write(SqliteSession session, IReadOnlyList<DeadLetter> letters, long now)
    {
        var insert = session.Prepare(SqlText.InsertDeadLetter);
        foreach (var letter in letters)
        {
            insert
                .Bind(1, letter.Position.Value).Bind(2, letter.Shard.ToString()).Bind(3, letter.Shard.Projection).Bind(4, letter.EventId)
                .Bind(5, letter.TypeName).Bind(6, letter.Tenant.Value).Bind(7, letter.Stream.Value).Bind(8, letter.Version.Value)
                .Bind(9, (long)letter.Category).Bind(10, letter.ExceptionType).Bind(11, letter.Error).Bind(12, letter.Attempts)
                .Bind(13, now).Bind(14, letter.Shard.Generation).Bind(15, (long)letter.State).Run();
        }

        var park = session.Prepare(SqlText.ParkStream);
        foreach (var letter in letters.Where(l => l.State == DeadLetterState.Parked))
        {
            park
                .Bind(1, letter.Shard.Projection).Bind(2, letter.Shard.Generation).Bind(3, letter.Tenant.Value)
                .Bind(4, letter.Stream.Value).Bind(5, Slot.Of(letter.Tenant, letter.Stream)).Bind(6, letter.Position.Value)
                .Bind(7, now).Run();
        }
    }

    private static void Write(SqliteSession session, ShardName shard, IReadOnlyList<ParkedEvent> events)
    {
        var insert = session.Prepare(SqlText.InsertParkedEvent);
        foreach (var e in events)
        {
            insert
                .Bind(1, shard.Projection).Bind(2, shard.Generation).Bind(3, e.Tenant.Value).Bind(4, e.Stream.Value)
                .Bind(5, e.Position.Value).Bind(6, e.Version.Value).Bind(7, e.EventId).Bind(8, e.TypeName).Run();
        }
    }
}
