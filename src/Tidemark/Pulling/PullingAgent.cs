using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Polly;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Log;
using Tidemark.Resilience;
using Tidemark.Telemetry;

namespace Tidemark.Pulling;

/// <summary>
/// Reads the log of one event database for all readers of a node: each event once, decoded once, as long as the readers are within the
/// cache of each other.
/// Reads are driven by the cursors: the first to need a page starts its read, the others await it, and a few pages after it are read
/// ahead. A cursor behind the cache causes reads of its own, up to where the cached pages begin, and goes on in the cache without gap or
/// repeat.
/// </summary>
/// <remarks>
/// Why nothing is skipped: a page is read with a bound that was a high-water mark before the read began, so the page is final (I4); and a
/// cursor moves only to the end of a page that begins at or before the cursor.
/// </remarks>
internal sealed partial class PullingAgent : IAsyncDisposable
{
    private const int PagesAhead = 3;

    /// <summary>How many positions a read for one reader alone passes over at most.</summary>
    private const int AloneScanMax = 200_000;

    private readonly string _database;
    private readonly IEventLog _log;
    private readonly HighWaterAgent _highWater;
    private readonly EventTypeRegistry _types;
    private readonly PullingOptions _options;
    private readonly ResiliencePipeline _pipeline;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly QueueCache _cache;
    private readonly PageReads _reads = new();
    private readonly HashSet<EventCursor> _cursors = [];
    private readonly CancellationTokenSource _stop = new();
    private Interests.Edition _edition;
    private long _rowsRead;

    public PullingAgent(
        string database,
        IEventLog log,
        HighWaterAgent highWater,
        EventTypeRegistry types,
        PullingOptions options,
        PipelineOptions pipelines,
        TimeProvider time,
        ILogger logger)
    {
        _database = database;
        _log = log;
        _highWater = highWater;
        _types = types;
        _options = options;
        _pipeline = pipelines.Build(PipelineName.Fetch, time, e => e is not ObjectDisposedException);
        _time = time;
        _logger = logger;
        _cache = new QueueCache(options.CacheBytesMax);
        _edition = Interests.Current;
    }

    /// <summary>The types that the readers here need.</summary>
    public Interests Interests { get; } = new();

    /// <summary>Events read from the log so far; for measuring how often each is read.</summary>
    public long RowsRead => Volatile.Read(ref _rowsRead);

    /// <summary>The most events in a page.</summary>
    public int PageEventsMax => _options.PageEventsMax;

    /// <summary>The mark up to which pages are read.</summary>
    public Position Mark => _highWater.Mark;

    /// <summary>Takes a cursor into account when pages are dropped.</summary>
    public void Add(EventCursor cursor)
    {
        lock (_gate)
            _cursors.Add(cursor);
    }

    /// <summary>Takes a cursor out again.</summary>
    public void Remove(EventCursor cursor)
    {
        lock (_gate)
            _cursors.Remove(cursor);
    }

    /// <summary>Has the page that holds a position read anew: its event could not be decoded, and may have been repaired since.</summary>
    public void Discard(Position position)
    {
        var before = new Position(position.Value - 1);
        lock (_gate)
        {
            _cache.Drop(before);
            _reads.Outdate(before);
        }
    }

    /// <summary>Waits until there may be a page after a position.</summary>
    public ValueTask WaitBeyondAsync(Position position, CancellationToken cancellationToken) =>
        _highWater.WaitBeyondAsync(position, cancellationToken);

    /// <summary>The page that covers the position after a cursor, from the cache or the log. Only for positions below the mark.</summary>
    /// <exception cref="EventFetcherException">The log could not be read, and not within the retries.</exception>
    public ValueTask<EventPage> GetAsync(EventCursor cursor, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            DropOldEdition();
            var after = cursor.Position;
            if (_cache.Find(after) is { } page)
            {
                cursor.IsOutOfStep = false;
                ReadAhead(page.Through, Ahead(cursor));
                TidemarkTelemetry.CacheHits.Add(1);
                return new(page);
            }

            if (!IsFull || _reads.Find(after) is not null || !InStepBehind(cursor).Any())
                return new(Read(cursor).WaitAsync(cancellationToken));
        }

        return GetInStepAsync(cursor, cancellationToken);
    }

    /// <summary>
    /// A page that one reader alone asks for, past the cache: of some tenants, or of all but some. Only for positions below the mark.
    /// </summary>
    /// <param name="after">Where it begins.</param>
    /// <param name="through">Where it ends at the latest, at or below the mark; it also ends after many positions without a match.</param>
    /// <param name="filter">Which events.</param>
    /// <param name="eventsMax">At most so many events, and not more than a page holds.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="EventFetcherException">The log could not be read, and not within the retries.</exception>
    public async ValueTask<EventPage> ReadAloneAsync(
        Position after, Position through, LogFilter filter, int eventsMax, CancellationToken cancellationToken)
    {
        var bound = through.Value - after.Value > AloneScanMax ? new Position(after.Value + AloneScanMax) : through;
        var read = new LogRead(after, bound, filter, Math.Min(eventsMax, _options.PageEventsMax), _options.PageBytesMax);
        try
        {
            return Decode(read.After, await FetchAsync(read, cancellationToken).ConfigureAwait(false), keepsJson: false, decodes: true);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogReadFailed(_database, after.Value, e);
            throw new EventFetcherException(_database, after, e);
        }
    }

    // The cache is full, and a page would go that another cursor is about to take: reading on would make that cursor read it again. So
    // this one waits for the others to move, for a bounded time: who does not move is out of step, and reads for itself when it does.
    private async ValueTask<EventPage> GetInStepAsync(EventCursor cursor, CancellationToken cancellationToken)
    {
        var watch = new StepWatch(_time);
        while (true)
        {
            (Task Moved, TimeSpan Patience)? wait;
            lock (_gate)
            {
                _cache.DropPassed(Slowest());
                wait = IsFull && !IsComing(cursor.Position) ? watch.Look(InStepBehind(cursor)) : null;
            }

            if (wait is not { } next)
                break;
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(next.Moved, Task.Delay(next.Patience, _time, enough.Token)).ConfigureAwait(false);
            await enough.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        Task<EventPage> read;
        lock (_gate)
        {
            DropOldEdition();
            read = _cache.Find(cursor.Position) is { } page ? Task.FromResult(page) : Read(cursor);
        }

        return await read.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task reads;
        lock (_gate)
            reads = _reads.All;
        await reads.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    // Whether one more page would make another one go.
    private bool IsFull => _cache.Pages > 0 && _cache.Bytes + PageBytes > _options.CacheBytesMax;

    // Whether one more page would not, once those on their way have come.
    private bool HasRoom => _cache.Bytes + ((_reads.Count + 1) * PageBytes) <= _options.CacheBytesMax;

    private long PageBytes => _cache.Pages > 0 ? _cache.Bytes / _cache.Pages : _options.PageBytesMax;

    // Of the cursors that are near the cache; who is far behind it will read for itself, and keeps nothing here.
    private Position Slowest()
    {
        var slowest = Position.Max;
        foreach (var cursor in _cursors)
        {
            var position = cursor.Position;
            if (position < slowest && IsNear(position))
                slowest = position;
        }

        return slowest;
    }

    private bool IsComing(Position position) => _cache.Contains(position) || _reads.Find(position) is not null;

    // Whether the next page is in the cache, or on its way and followed by one that is: later pages may be decoded first.
    private bool IsNear(Position position)
    {
        while (!_cache.Contains(position))
        {
            if (_reads.Find(position)?.Through is not { } through)
                return false;
            position = through;
        }

        return true;
    }

    // The cursors in step that are about to take what this one has passed, and where they are.
    private IEnumerable<(EventCursor Cursor, Position Position)> InStepBehind(EventCursor first)
    {
        foreach (var cursor in _cursors)
        {
            var position = cursor.Position;
            if (cursor != first && !cursor.IsOutOfStep && position < first.Position && IsNear(position))
                yield return (cursor, position);
        }
    }

    private void DropOldEdition()
    {
        var former = _edition;
        _edition = Interests.Current;
        if (former.Number == _edition.Number)
            return;
        _cache.Clear();
        _reads.Outdate();
    }

    // A few pages after one that a cursor took, the next as soon as the rows of the one before have come: they are decoded beside each
    // other, and commits and pauses of the collector leave no gap in the reading. What nobody takes leads to no further read.
    private void ReadAhead(Position after, int ahead)
    {
        while (ahead-- > 0 && after < Mark && HasRoom && !_stop.IsCancellationRequested)
        {
            if (_cache.PageAt(after) is { } page)
            {
                after = page.Through;
                continue;
            }

            var read = _reads.Find(after) ?? Start(after, _options.PageEventsMax);
            read.Ahead = Math.Max(read.Ahead, ahead);
            if (read.Through is not { } through)
                return;
            after = through;
        }
    }

    // Under the gate: the page will be taken, so that more are wanted after it.
    private Task<EventPage> Read(EventCursor cursor)
    {
        var after = cursor.Position;
        if (_stop.IsCancellationRequested)
            return Task.FromCanceled<EventPage>(new CancellationToken(canceled: true));
        var read = _reads.Find(after) ?? Start(after, Math.Min(cursor.PageEventsMax, _options.PageEventsMax));
        read.Ahead = Math.Max(read.Ahead, Ahead(cursor));
        if (read.Through is { } through)
            ReadAhead(through, read.Ahead);
        return read.Task;
    }

    private static int Ahead(EventCursor cursor) => cursor.IsHeldBack ? 0 : PagesAhead;

    // No further than where the next page begins that is here or on its way. A read stands in the table until it ends, so that it is
    // awaited by all who need it, and by Dispose.
    private PageRead Start(Position after, int eventsMax)
    {
        var next = Position.Earlier(_cache.NextPageAfter(after), _reads.NextAfter(after));
        var read = new PageRead(after, Position.Earlier(Mark, next), eventsMax, _edition);
        _reads.Add(read);
        _ = Task.Run(() => ReadAsync(read));
        return read;
    }

    [SuppressMessage("Reliability", "CA2016", Justification = "A read is shared: it ends by the agent's own stop alone.")]
    private async Task ReadAsync(PageRead read)
    {
        try
        {
            var filter = new LogFilter(read.Interests.Types);
            var wanted = new LogRead(read.After, read.Bound, filter, read.EventsMax, _options.PageBytesMax);
            var rows = await FetchAsync(wanted, _stop.Token).ConfigureAwait(false);
            Arrived(read, rows.ScannedThrough);
            var page = Decode(read.After, rows, read.Interests.KeepsJson, read.Interests.Decodes);
            Keep(page, read);
            read.SetResult(page);
        }
        catch (OperationCanceledException e) when (_stop.IsCancellationRequested)
        {
            Forget(read);
            read.SetCanceled(e.CancellationToken);
        }
        catch (Exception e)
        {
            Forget(read);
            LogReadFailed(_database, read.After.Value, e);
            read.SetException(new EventFetcherException(_database, read.After, e));

            // Nobody may wait for a page that is read ahead.
            _ = read.Task.Exception;
        }
    }

    private async ValueTask<LogPage> FetchAsync(LogRead read, CancellationToken cancellationToken)
    {
        var page = await _pipeline.ExecuteAsync(
            static (state, ct) => state.Log.ReadAsync(state.Read, ct), (Log: _log, Read: read), cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _rowsRead, page.Events.Count);
        TidemarkTelemetry.EventsRead.Add(page.Events.Count);
        return page;
    }

    private EventPage Decode(Position after, LogPage rows, bool keepsJson, bool decodes)
    {
        foreach (var e in rows.Events)
        {
            if (decodes)
                e.Decode(_types, keepsJson);
            else
                e.KeepJson();
        }

        return new EventPage(after, rows.ScannedThrough, rows.Events);
    }

    private void Arrived(PageRead read, Position through)
    {
        lock (_gate)
        {
            read.Through = through;
            if (_reads.IsCurrent(read))
                ReadAhead(through, read.Ahead);
        }
    }

    private void Keep(EventPage page, PageRead read)
    {
        lock (_gate)
        {
            if (_reads.IsCurrent(read))
            {
                _cache.DropPassed(Slowest());
                _cache.Add(page);
            }

            _reads.Remove(read);
        }
    }

    private void Forget(PageRead read)
    {
        lock (_gate)
            _reads.Remove(read);
    }

    [LoggerMessage(EventId = 1201, Level = LogLevel.Warning, Message = "The events after position {After} of database '{Database}' " +
        "could not be read.")]
    private partial void LogReadFailed(string database, long after, Exception error);
}
