using Npgsql;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Shards;

namespace Tidemark.PostgreSql;

/// <summary>The part of a commit's batch that writes dead letters, parks streams and settles them.</summary>
internal sealed class ParkingBatch(SqlTexts sql)
{
    private readonly string _insertLetters = sql["insert_dead_letters"];
    private readonly string _deleteLetter = sql["delete_dead_letter"];
    private readonly string _park = sql["park_streams"];
    private readonly string _release = sql["release_parked_stream"];
    private readonly string _insertEvents = sql["insert_parked_events"];
    private readonly string _deleteEvents = sql["delete_parked_events"];

    /// <summary>Adds the statements; none for a commit without dead letters and parked streams.</summary>
    public void Fill(NpgsqlBatch batch, ReadModelCommit commit)
    {
        if (commit.ParkedStep is { } step)
            AddStep(batch, step);
        if (commit.DeadLetters.Count > 0)
            PostgreSqlDeadLetters.AddLetters(Add(batch, _insertLetters), commit.DeadLetters);
        DeadLetter[] parked = [.. commit.DeadLetters.Where(l => l.State == DeadLetterState.Parked)];
        if (parked.Length > 0)
            AddStreams(Add(batch, _park), parked);
        if (commit.ParkedEvents.Count > 0)
            AddEvents(Add(batch, _insertEvents), commit.Move!.Shard, commit.ParkedEvents);
    }

    private void AddStep(NpgsqlBatch batch, ParkedStreamStep step)
    {
        if (step.Letter is { } letter)
            Add(batch, _deleteLetter).With(step.Projection).With(step.Generation).With(letter.Value);
        AddStream(Add(batch, _deleteEvents), step).With(step.Through.Value);
        if (step.Rejoins)
            AddStream(Add(batch, _release), step);
    }

    private static NpgsqlParameterCollection AddStream(NpgsqlParameterCollection parameters, ParkedStreamStep step) =>
        parameters.With(step.Projection).With(step.Generation).With(step.Tenant.Value).With(step.Stream.Value);

    private static void AddStreams(NpgsqlParameterCollection parameters, DeadLetter[] letters) =>
        parameters
            .With(Array.ConvertAll(letters, l => l.Shard.Projection))
            .With(Array.ConvertAll(letters, l => l.Shard.Generation))
            .With(Array.ConvertAll(letters, l => l.Tenant.Value))
            .With(Array.ConvertAll(letters, l => l.Stream.Value))
            .With(Array.ConvertAll(letters, l => Slot.Of(l.Tenant, l.Stream)))
            .With(Array.ConvertAll(letters, l => l.Position.Value));

    private static void AddEvents(NpgsqlParameterCollection parameters, ShardName shard, IReadOnlyList<ParkedEvent> events)
    {
        ParkedEvent[] all = [.. events];
        parameters
            .With(shard.Projection)
            .With(shard.Generation)
            .With(Array.ConvertAll(all, e => e.Tenant.Value))
            .With(Array.ConvertAll(all, e => e.Stream.Value))
            .With(Array.ConvertAll(all, e => e.Position.Value))
            .With(Array.ConvertAll(all, e => e.Version.Value))
            .With(Array.ConvertAll(all, e => e.EventId))
            .With(Array.ConvertAll(all, e => e.TypeName));
    }

    private static NpgsqlParameterCollection Add(NpgsqlBatch batch, string text)
    {
        var command = new NpgsqlBatchCommand(text);
        batch.BatchCommands.Add(command);
        return command.Parameters;
    }
}
