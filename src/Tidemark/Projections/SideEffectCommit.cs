using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Shards;

namespace Tidemark.Projections;

/// <summary>
/// Commits a shard's side effects with its read model, and publishes its messages afterwards. A message leaves the outbox only once it was
/// published; what a crash left there is published at the next handshake.
/// </summary>
internal sealed class SideEffectCommit(ShardName shard, SideEffectSink sink, ApplierContext context)
{
    private const int MessagesMax = 200;

    private readonly Lock _gate = new();
    private Position _reached;
    private bool _mayHaveLeftovers = true;

    private bool Raises => sink.RaisesAfter != Position.Max;

    public long Bytes => sink.Bytes;

    /// <summary>
    /// From now on events raise side effects; those that were delivered already do not.
    /// </summary>
    /// <returns>Where it begins: events after this position raise them.</returns>
    public Position Start()
    {
        lock (_gate)
        {
            if (!Raises)
                sink.RaisesAfter = _reached;
            return sink.RaisesAfter;
        }
    }

    /// <summary>Events after a position raise side effects.</summary>
    public void StartAfter(Position position)
    {
        lock (_gate)
            sink.RaisesAfter = position;
    }

    /// <summary>A delivery begins that goes to this position.</summary>
    public void Reach(Position through)
    {
        lock (_gate)
            _reached = Position.Later(_reached, through);
    }

    /// <summary>Writes a commit with the side effects in one transaction.</summary>
    public async ValueTask CommitAsync(IStoreTransaction? open, ReadModelCommit commit, CancellationToken cancellationToken)
    {
        commit = commit with { Messages = [.. sink.Messages] };
        if (open is null && sink.Appends.Count == 0)
        {
            await context.ReadModels.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
            return;
        }

        var transaction = open ?? await context.Log.BeginAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await context.ReadModels.WriteAsync(transaction, commit, cancellationToken).ConfigureAwait(false);
            // Last: an open append holds the mark back.
            await AppendAsync(transaction, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (open is null)
                await transaction.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The commit is durable: publishes its messages.</summary>
    public async ValueTask CommittedAsync(CancellationToken cancellationToken)
    {
        OutboxMessage[] messages = [.. sink.Messages];
        if (sink.Appends.Count > 0)
            sink.Parts.Appended();
        sink.Clear();
        if (_mayHaveLeftovers)
        {
            await PublishStoredAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (messages.Length > 0)
        {
            _mayHaveLeftovers = true;
            foreach (var some in messages.Chunk(MessagesMax))
                await PublishAsync(some, cancellationToken).ConfigureAwait(false);
            _mayHaveLeftovers = false;
        }
    }

    public void Abandon()
    {
        _mayHaveLeftovers = true;
        sink.Clear();
    }

    /// <summary>Publishes what was committed earlier and not published.</summary>
    public async ValueTask PublishStoredAsync(CancellationToken cancellationToken)
    {
        if (!Raises || sink.Parts.Publisher is null)
            return;
        IReadOnlyList<OutboxMessage> stored;
        do
        {
            stored = await sink.Parts.Outbox.ReadAsync(shard.Projection, shard.Slots, MessagesMax, cancellationToken)
                .ConfigureAwait(false);
            if (stored.Count > 0)
                await PublishAsync(stored, cancellationToken).ConfigureAwait(false);
        }
        while (stored.Count == MessagesMax);
        _mayHaveLeftovers = false;
    }

    private async ValueTask PublishAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            await sink.Parts.Publisher!.PublishAsync(messages, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new ShardOutboxException(shard.Projection, messages.Count, e);
        }

        await sink.Parts.Outbox.DeleteAsync([.. messages.Select(m => m.Id)], cancellationToken).ConfigureAwait(false);
    }

    // A call takes at most one append per stream: the second to a stream goes with the next call.
    private async ValueTask AppendAsync(IStoreTransaction transaction, CancellationToken cancellationToken)
    {
        var rest = sink.Appends.ToList();
        while (rest.Count > 0)
        {
            var now = rest.DistinctBy(r => (r.Append.Tenant, r.Append.Stream)).ToList();
            var outcomes = await sink.Parts.Appender.AppendAsync(transaction, [.. now.Select(r => r.Append)], cancellationToken)
                .ConfigureAwait(false);
            for (var i = 0; i < now.Count; i++)
            {
                if (Refusal(now[i].Append, outcomes[i]) is { } refusal)
                    throw new ApplyEventException(now[i].Projection, now[i].Cause, refusal);
            }

            rest.RemoveAll(now.Contains);
        }
    }

    private static TidemarkException? Refusal(StreamAppend append, AppendOutcome outcome) => outcome.Status switch
    {
        AppendStatus.Archived => new StreamArchivedException(append.Tenant, append.Stream),
        AppendStatus.IdConflict => new EventIdConflictException(append.Stream, append.Events[0].Id),
        _ => null,
    };
}
