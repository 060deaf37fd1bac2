using System.Diagnostics;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage;
using Tidemark.Telemetry;
using Tidemark.Tenancy;

namespace Tidemark;

/// <summary>
/// The event store of one tenant: append, read, fold, and query read models. Safe for concurrent use; <see cref="ForTenant"/> gives the
/// store of another tenant.
/// </summary>
public sealed partial class EventStore
{
    private readonly EventDatabases _databases;
    private readonly EventDatabase _database;

    internal EventStore(EventDatabases databases, TenantId tenant)
    {
        _databases = databases;
        _database = databases.Of(tenant);
        Tenant = tenant;
    }

    /// <summary>The tenant whose streams this store reads and writes.</summary>
    public TenantId Tenant { get; }

    private IEventLog Log => _database.Storage.Log;

    private StoreParts Parts => _database.Parts;

    /// <summary>The store of another tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <exception cref="UnknownTenantException">
    /// Tenants have databases of their own here, and this process does not know of this one; see <see cref="ForTenantAsync"/>.
    /// </exception>
    public EventStore ForTenant(TenantId tenant) => new(_databases, tenant);

    /// <summary>
    /// The store of another tenant, which another process may have added just now: what this process does not know yet, it asks the
    /// coordination database.
    /// </summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="cancellationToken">Cancels the question.</param>
    /// <exception cref="UnknownTenantException">There is none such.</exception>
    public async Task<EventStore> ForTenantAsync(TenantId tenant, CancellationToken cancellationToken = default)
    {
        if (_databases.Tenants is { } tenants && !tenant.IsDefault)
            await tenants.FindAsync(tenant, cancellationToken).ConfigureAwait(false);
        return ForTenant(tenant);
    }

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
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        var append = Parts.Encoder.Encode(Tenant, new StreamEvents(stream, expected, events), options.Metadata);
        AppendOutcome outcome;
        if (options.Transaction is not null || Parts.Inline.Concern(append))
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
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        var appends = streams.Select(s => Parts.Encoder.Encode(Tenant, s, options.Metadata)).ToArray();
        var outcomes = options.Transaction is not null || appends.Any(Parts.Inline.Concern)
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
                return await _database.Appender.AppendAsync(transaction, appends, cancellationToken).ConfigureAwait(false);
        }

        return await SendAsync(appends, OwnAsync, cancellationToken).ConfigureAwait(false);

        async ValueTask<AppendOutcome[]> OwnAsync(CancellationToken ct)
        {
            var own = await Log.BeginAsync(ct).ConfigureAwait(false);
            await using (own.ConfigureAwait(false))
            {
                var outcomes = await _database.Appender.AppendAsync(own, appends, ct).ConfigureAwait(false);
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
            return await _database.AppendPipeline.ExecuteAsync(send, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (_database.Storage.IsTransient(e))
        {
            throw new AppendFailedException(appends[0].Stream, [.. appends.SelectMany(a => a.Events).Select(e => e.Id)], e);
        }
    }

    // The store may be older than the tenant's removal, and this process's first append to its database needs its inline projections.
    private ValueTask ReadyAsync(CancellationToken cancellationToken)
    {
        if (_databases.Tenants is { } tenants && !Tenant.IsDefault && tenants.Find(Tenant) is null)
            throw new UnknownTenantException(Tenant);
        return _database.OpenAsync(cancellationToken);
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
