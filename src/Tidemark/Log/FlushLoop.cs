using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Polly;
using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>
/// One flush loop of the group commit. A lone caller flushes by itself; the loop serves those who come meanwhile. It takes what is
/// waiting, at once and without an artificial delay: while one flush is in the
/// database, the next batch gathers.
/// </summary>
internal sealed partial class FlushLoop : IAsyncDisposable
{
    private readonly IEventLog _log;
    private readonly LogOptions _options;
    private readonly ResiliencePipeline _pipeline;
    private readonly Func<Exception, bool> _isTransient;
    private readonly ILogger _logger;
    private readonly Channel<PendingAppend> _waiting;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Task _loop;

    // Of whoever has the turn: the batch in hand, the streams it holds, and those that must wait for the next one.
    private readonly List<PendingAppend> _batch = [];
    private readonly HashSet<(TenantId, StreamId)> _streams = [];
    private List<PendingAppend> _carried = [];
    private int _batchBytes;

    public FlushLoop(IEventLog log, LogOptions options, ResiliencePipeline pipeline, Func<Exception, bool> isTransient, ILogger logger)
    {
        _log = log;
        _options = options;
        _pipeline = pipeline;
        _isTransient = isTransient;
        _logger = logger;
        _waiting = Channel.CreateBounded<PendingAppend>(new BoundedChannelOptions(options.WaitingAppendsMax) { SingleReader = true });
        _loop = Task.Run(RunAsync);
    }

    public async Task<AppendOutcome> AppendAsync(StreamAppend append, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pending = new PendingAppend(append);
        if (TryBegin())
            return await FlushAloneAsync(pending).WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _waiting.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(EventStore), "The event store is closed; nothing was stored.");
        }

        if (!cancellationToken.CanBeCanceled)
            return await pending.Result.ConfigureAwait(false);

        try
        {
            return await pending.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            pending.TryLeave();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    // Nobody waits and nothing is in the database: the caller flushes by itself, without a way to the loop and back.
    private bool TryBegin()
    {
        if (_waiting.Reader.Count > 0 || _waiting.Reader.Completion.IsCompleted || !_turn.Wait(0))
            return false;
        if (_carried.Count == 0)
            return true;
        _turn.Release();
        return false;
    }

    private async Task<AppendOutcome> FlushAloneAsync(PendingAppend pending)
    {
        PendingAppend[] one = [pending];
        try
        {
            pending.TryTake();
            Complete(one, await SendAsync(one).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            LogFlushFailed(1, e);
            Fail(one, e);
        }
        finally
        {
            _turn.Release();
        }

        return await pending.Result.ConfigureAwait(false);
    }
    private async Task RunAsync()
    {
        while (_carried.Count > 0 || await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            await _turn.WaitAsync().ConfigureAwait(false);
            try
            {
                Gather();
                if (_batch.Count > 0)
                    await FlushAsync().ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    // At most one append per stream is in a batch; the later ones are carried to the next, in their order.
    private void Gather()
    {
        _batch.Clear();
        _streams.Clear();
        _batchBytes = 0;
        var carried = _carried;
        _carried = [];
        foreach (var pending in carried)
            Take(pending);
        while (_batch.Count < _options.FlushAppendsMax && _batchBytes < _options.FlushBytesMax && _carried.Count < _options.FlushAppendsMax
            && _waiting.Reader.TryRead(out var pending))
        {
            Take(pending);
        }
    }

    private void Take(PendingAppend pending)
    {
        var append = pending.Append;
        if (_batch.Count >= _options.FlushAppendsMax || _batchBytes >= _options.FlushBytesMax
            || !_streams.Add((append.Tenant, append.Stream)))
        {
            _carried.Add(pending);
        }
        else if (pending.TryTake())
        {
            _batch.Add(pending);
            _batchBytes += pending.Bytes;
        }
    }

    private async ValueTask FlushAsync()
    {
        try
        {
            Complete(_batch, await SendAsync(_batch).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            LogFlushFailed(_batch.Count, e);
            if (_batch.Count == 1 || _isTransient(e))
                Fail(_batch, e);
            else
                await FlushSinglyAsync().ConfigureAwait(false);
        }
    }

    // One request made the database refuse the whole statement: each runs by itself, and only the culprit fails.
    private async ValueTask FlushSinglyAsync()
    {
        foreach (var pending in _batch)
        {
            PendingAppend[] one = [pending];
            try
            {
                Complete(one, await SendAsync(one).ConfigureAwait(false));
            }
            catch (Exception e)
            {
                Fail(one, e);
            }
        }
    }

    private async ValueTask<AppendOutcome[]> SendAsync(IReadOnlyList<PendingAppend> batch)
    {
        var appends = new StreamAppend[batch.Count];
        for (var i = 0; i < appends.Length; i++)
            appends[i] = batch[i].Append;
        return await _pipeline.ExecuteAsync(
            static (state, ct) => state.Log.AppendAsync(state.Appends, ct),
            (Log: _log, Appends: appends),
            CancellationToken.None).ConfigureAwait(false);
    }

    private static void Complete(IReadOnlyList<PendingAppend> batch, AppendOutcome[] outcomes)
    {
        for (var i = 0; i < batch.Count; i++)
            batch[i].Complete(outcomes[i]);
    }

    private void Fail(IReadOnlyList<PendingAppend> batch, Exception error)
    {
        foreach (var pending in batch)
        {
            pending.Fail(_isTransient(error)
                ? new AppendFailedException(pending.Append.Stream, [.. pending.Append.Events.Select(e => e.Id)], error)
                : error);
        }
    }

    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "A flush of {Count} append(s) failed.")]
    private partial void LogFlushFailed(int count, Exception error);
}
