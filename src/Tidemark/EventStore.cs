using System.Diagnostics;
using Polly;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Resilience;
using Tidemark.Storage;
using Tidemark.Telemetry;

namespace Tidemark;

/// <summary>
/// The event store of one tenant: append, read, fold, and query read models. Safe for concurrent use; <see cref="ForTenant"/> gives the
/// store of another tenant.
/// </summary>
public sealed partial class EventStore
{
    private readonly EventDatabase _database;
    private readonly EventEncoder _encoder;
    private readonly InlineProjections _inline;
    private readonly TransactionAppender _appender;
    private readonly ProjectionCatalog _projections;
    private readonly ResiliencePipeline _appendPipeline;

    internal EventStore(
        EventDatabase database, TenantId tenant, EventEncoder encoder, InlineProjections inline, ProjectionCatalog projections)
    {
        _database = database;
        _encoder = encoder;
        _inline = inline;
        _projections = projections;
        _appender = new TransactionAppender(
            database.Storage.Log, database.Storage.ReadModels, inline, projections.LiveGenerationOf);
        _appendPipeline = database.Options.Pipelines.Build(PipelineName.Append, database.Time, database.Storage.IsTransient);
        Tenant = tenant;
    }

    /// <summary>The tenant whose streams this store reads and writes.</summary>
    public TenantId Tenant { get; }

    private IEventLog Log => _database.Storage.Log;

    /// <summary>The store of another tenant.</summary>
    public EventStore ForTenant(TenantId tenant) => new(_database, tenant, _encoder, _inline, _projections);

    /// <summary>
    /// Appends events to a stream. Atomic; durable when it returns. Repeating it with the same event ids stores nothing twice.
    /// </summary>
    /// <param name="stream">The stream; made by its first event.</param>
    /// <param name="expected">What the append expects of the stream.</param>
    /// <param name="events">Objects of registered types, or <see cref="NewEvent"/> to give ids or metadata.</param>
    /// <param name="cancellationToken">
    /// Leaves the queue; once the append was sent its outcome is unknown to a caller who goes all the same.
    /// </param>
    /// <exception cref="VersionConflictException">The stream is at another version.</exception>
    /// <exception cref="StreamArchivedException">The stream is archived.</exception>
    /// <exception cref="EventIdConflictException">Some ids belong to other events.</exception>
    /// <exception cref="UnknownEventTypeException">An event's type is not registered.</exception>
    /// <exception cref="LimitExceededException">A limit of <see cref="LogOptions"/> was exceeded.</exception>
    /// <exception cref="AppendFailedException">The database gave no answer; the outcome is unknown, and repeating is safe.</exception>
    public Task<AppendResult> AppendAsync(
        StreamId stream, ExpectedVersion expected, IReadOnlyList<object> events, CancellationToken cancellationToken = default) =>
        AppendAsync(stream, expected, events, new AppendOptions(), cancellationToken);

    /// <summary>Appends events to a stream, with options; see the other overload for the guarantees.</summary>
    public async Task<AppendResult> AppendAsync(
        StreamId stream, ExpectedVersion expected, IReadOnlyList<object> events, AppendOptions options,
            CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var started = Stopwatch.GetTimestamp();
        var append = _encoder.Encode(Tenant, new StreamEvents(stream, expected, events), options.Metadata);
        AppendOutcome outcome;
        if (options.Transaction is not null || _inline.Concern(append))
            outcome = (await AppendInTransactionAsync([append], options, cancellationToken).ConfigureAwait(false))[0];
        else
            outcome = await _database.Appends.AppendAsync(append, cancellationToken).ConfigureAwait(false);
        var result = Result(append, outcome);
        Appended(append.Events.Length, started);
        return result;
    }

    /// <summary>Appends to several streams in one commit: all of it, or nothing.</summary>
    /// <param name="streams">Different streams.</param>
    /// <param name="options">Options of the append.</param>
    /// <param name="cancellationToken">Cancels the call; its outcome may then be unknown.</param>
    /// <returns>The results, in the order given.</returns>
    /// <exception cref="ArgumentException">A stream is given twice, or none is given.</exception>
    public async Task<IReadOnlyList<AppendResult>> AppendAsync(
        IReadOnlyList<StreamEvents> streams, AppendOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streams);
        options ??= new AppendOptions();
        if (streams.Count == 0)
            throw new ArgumentException("An append needs at least one stream.", nameof(streams));
        if (streams.DistinctBy(s => s.Stream).Count() != streams.Count)
            throw new ArgumentException("An append to several streams names each stream once; put the events of a stream " +
                "together.", nameof(streams));

        var started = Stopwatch.GetTimestamp();
        var appends = streams.Select(s => _encoder.Encode(Tenant, s, options.Metadata)).ToArray();
        var outcomes = options.Transaction is not null || appends.Any(_inline.Concern)
            ? await AppendInTransactionAsync(appends, options, cancellationToken).ConfigureAwait(false)
            : await SendAsync(appends, ct => Log.AppendAtomicallyAsync(appends, ct), cancellationToken).ConfigureAwait(false);
        var failed = Array.FindIndex(outcomes, o => !o.IsStored && o.Status != AppendStatus.Conflict);
        if (failed < 0)
            failed = Array.FindIndex(outcomes, i => !i.IsStored);
        if (failed >= 0)
            Result(appends[failed], outcomes[failed]);
        var results = appends.Select((append, i) => Result(append, outcomes[i])).ToArray();
        Appended(appends.Sum(a => a.Events.Length), started);
        return results;
    }

    /// <summary>
    /// Archives a stream: it takes no more events and the daemon no longer sees it. Read models keep what they have. It can still be read
    /// as a stream.
    /// </summary>
    /// <returns>Whether there is such a stream.</returns>
    public async Task<bool> ArchiveAsync(StreamId stream, CancellationToken cancellationToken = default) =>
        await Log.SetArchivedAsync(Tenant, stream, archived: true, cancellationToken).ConfigureAwait(false);

    /// <summary>Takes an archived stream back. Shards that passed its events meanwhile do not see them again, short of a rebuild.</summary>
    /// <returns>Whether there is such a stream.</returns>
    public async Task<bool> UnarchiveAsync(StreamId stream, CancellationToken cancellationToken = default) =>
        await Log.SetArchivedAsync(Tenant, stream, archived: false, cancellationToken).ConfigureAwait(false);

    private async Task<AppendOutcome[]> AppendInTransactionAsync(
        StreamAppend[] appends, AppendOptions options, CancellationToken cancellationToken)
    {
        if (options.Transaction is { } lent)
        {
            var transaction = Log.Lend(lent);
            await using (transaction.ConfigureAwait(false))
                return await _appender.AppendAsync(transaction, appends, cancellationToken).ConfigureAwait(false);
        }

        return await SendAsync(appends, OwnAsync, cancellationToken).ConfigureAwait(false);

        async ValueTask<AppendOutcome[]> OwnAsync(CancellationToken ct)
        {
            var own = await Log.BeginAsync(ct).ConfigureAwait(false);
            await using (own.ConfigureAwait(false))
            {
                var outcomes = await _appender.AppendAsync(own, appends, ct).ConfigureAwait(false);
                if (outcomes.All(o => o.IsStored))
                    await own.CommitAsync(ct).ConfigureAwait(false);
                return outcomes;
            }
        }
    }

    private async Task<AppendOutcome[]> SendAsync(
        StreamAppend[] appends, Func<CancellationToken, ValueTask<AppendOutcome[]>> send, CancellationToken cancellationToken)
    {
        try
        {
            return await _appendPipeline.ExecuteAsync(send, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (_database.Storage.IsTransient(e))
        {
            throw new AppendFailedException(appends[0].Stream, [.. appends.SelectMany(a => a.Events).Select(e => e.Id)], e);
        }
    }

    private static AppendResult Result(StreamAppend append, AppendOutcome outcome)
    {
        switch (outcome.Status)
        {
            case AppendStatus.Appended or AppendStatus.AlreadyAppended:
                return new AppendResult(append.Stream, outcome.Version, outcome.First, outcome.Last,
                    outcome.Status == AppendStatus.AlreadyAppended);
            case AppendStatus.Archived:
                throw new StreamArchivedException(append.Tenant, append.Stream);
            case AppendStatus.IdConflict:
                throw new EventIdConflictException(append.Stream, append.Events[0].Id);
            default:
                TidemarkTelemetry.Conflicts.Add(1);
                throw new VersionConflictException(append.Tenant, append.Stream, append.Expected, outcome.Version);
        }
    }

    private void Appended(int events, long started)
    {
        _database.HighWater.Signal(appended: true);
        TidemarkTelemetry.EventsAppended.Add(events);
        TidemarkTelemetry.AppendDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
}
