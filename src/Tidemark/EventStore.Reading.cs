using System.Runtime.CompilerServices;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Projections;

namespace Tidemark;

/// <summary>Reads, folds and queries.</summary>
public sealed partial class EventStore
{
    /// <summary>
    /// Reads a stream in version order, or backwards, page by page. Empty when there is no such stream; archived streams are read too.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="options">Which part of it; all by default.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<RecordedEvent> ReadStreamAsync(
        StreamId stream, StreamReadOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new StreamReadOptions();
        var (from, to) = options.Backwards ? (options.To, options.From) : (options.From, options.To);
        var left = options.EventsMax;
        while (left > 0)
        {
            var ask = Math.Min(left, _database.Options.Log.PageEventsMax);
            var page = await Log.ReadStreamAsync(
                new StreamRead(Tenant, stream, from, to, options.Backwards, ask), cancellationToken).ConfigureAwait(false);
            foreach (var e in page)
            {
                e.Decode(_database.Types, keepJson: true);
                yield return e;
            }

            if (page.Count < ask)
                yield break;
            left -= page.Count;
            var last = page[^1].Version.Value;
            if (last == to.Value)
                yield break;
            from = new StreamVersion(options.Backwards ? last - 1 : last + 1);
        }
    }

    /// <summary>
    /// Reads the log of all tenants in position order, up to the high-water mark at the time of the call. What is read is final: no event
    /// can appear at or below it later.
    /// </summary>
    /// <param name="after">Only events after this position.</param>
    /// <param name="filter">Which events; all by default.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<RecordedEvent> ReadLogAsync(
        Position after = default, LogFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var mark = await _database.HighWater.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var options = _database.Options.Log;
        while (after < mark)
        {
            var page = await Log.ReadAsync(
                new LogRead(after, mark, filter ?? LogFilter.All, options.PageEventsMax, options.PageBytesMax), cancellationToken)
                    .ConfigureAwait(false);
            foreach (var e in page.Events)
            {
                e.Decode(_database.Types, keepJson: true);
                yield return e;
            }

            after = page.ScannedThrough;
        }
    }

    /// <summary>What the store knows of a stream; null when it has no events.</summary>
    public async Task<StreamState?> FindStreamAsync(StreamId stream, CancellationToken cancellationToken = default) =>
        await Log.FindStreamAsync(Tenant, stream, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Folds a stream to its document, as it is now or was at a version or moment. The fold is that of the registered single-stream
    /// projection with this document type.
    /// </summary>
    /// <typeparam name="TDocument">The document type.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="until">Where to stop; now by default.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="InvalidOperationException">No single-stream projection, or more than one, has this document type.</exception>
    public async Task<Aggregate<TDocument>> AggregateAsync<TDocument>(
        StreamId stream, AggregateUntil? until = null, CancellationToken cancellationToken = default)
        where TDocument : class
    {
        var fold = Parts.Projections.FoldOf<TDocument>();
        var options = new StreamReadOptions { To = until?.Version ?? new StreamVersion(long.MaxValue) };
        TDocument? document = null;
        var version = StreamVersion.None;
        await foreach (var e in ReadStreamAsync(stream, options, cancellationToken).ConfigureAwait(false))
        {
            if (until?.Moment is { } moment && e.RecordedAt > moment)
                break;
            if (e.Type is null || fold.Steps.ContainsKey(e.Type.ClrType))
                _ = e.Data;
            document = fold.FoldAll(document, [e]);
            version = e.Version;
        }

        return new Aggregate<TDocument>(stream, document, version);
    }

    /// <summary>
    /// Folds a stream, decides, and appends what was decided, expecting the version that was folded. When another append came between, it
    /// folds and decides again.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="decide">
    /// Given the aggregate, returns the events to append; none means there is nothing to do. May be called several times.
    /// </param>
    /// <param name="options">Options of the append.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <typeparam name="TDocument">The document type.</typeparam>
    /// <returns>Where the events are; null when none were decided.</returns>
    /// <exception cref="VersionConflictException">Ten times in a row another append came between.</exception>
    public async Task<AppendResult?> DecideAsync<TDocument>(
        StreamId stream, Func<Aggregate<TDocument>, IEnumerable<object>> decide, AppendOptions? options = null,
            CancellationToken cancellationToken = default)
        where TDocument : class
    {
        const int triesMax = 10;
        ArgumentNullException.ThrowIfNull(decide);
        for (var tries = 1; ; tries++)
        {
            var aggregate = await AggregateAsync<TDocument>(stream, cancellationToken: cancellationToken).ConfigureAwait(false);
            object[] events = [.. decide(aggregate)];
            if (events.Length == 0)
                return null;
            try
            {
                return await AppendAsync(
                    stream, ExpectedVersion.Exactly(aggregate.Version), events, options ?? new AppendOptions(), cancellationToken)
                        .ConfigureAwait(false);
            }
            catch (VersionConflictException) when (tries < triesMax && options?.Transaction is null)
            {
                // Somebody else appended; fold and decide again.
            }
        }
    }

    /// <summary>The documents of a projection, by key and by page.</summary>
    /// <typeparam name="TDocument">The document type.</typeparam>
    /// <param name="projection">The projection's name, when several have this document type.</param>
    /// <exception cref="InvalidOperationException">No stored projection, or more than one, has this document type.</exception>
    public DocumentReader<TDocument> Documents<TDocument>(string? projection = null)
        where TDocument : class =>
        new(Parts.Projections.DocumentsOf<TDocument>(projection), _database.Storage.ReadModels, _database.Json, Tenant);

    /// <summary>The qualified, quoted name of a read model's view, for SQL of your own.</summary>
    /// <param name="name">The stable name.</param>
    public string ViewName(string name) => _database.Storage.ReadModels.ViewName(name);
}
