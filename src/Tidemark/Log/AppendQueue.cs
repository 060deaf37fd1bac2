using Microsoft.Extensions.Logging;
using Polly;
using Tidemark.Resilience;

namespace Tidemark.Log;

/// <summary>
/// Group commit: concurrent appends of a process share statements and commits, each caller with its own result. Appends are spread over
/// the flush loops by their
/// stream's slot, so that appends to one stream never wait for each other's row lock, and keep their order.
/// </summary>
internal sealed class AppendQueue : IAsyncDisposable
{
    private readonly FlushLoop[] _loops;

    public AppendQueue(
        IEventLog log, int flushes, LogOptions options, PipelineOptions pipelines, TimeProvider time, Func<Exception, bool> isTransient,
            ILogger logger)
    {
        var pipeline = pipelines.Build(PipelineName.Append, time, isTransient);
        _loops = [.. Enumerable.Range(0, flushes).Select(_ => new FlushLoop(log, options, pipeline, isTransient, logger))];
    }

    /// <summary>Stores the events and returns once the commit is durable.</summary>
    /// <exception cref="AppendFailedException">The database did not answer; the outcome is unknown.</exception>
    /// <exception cref="OperationCanceledException">
    /// The caller left; when the flush was already under way the outcome is unknown.
    /// </exception>
    public Task<AppendOutcome> AppendAsync(StreamAppend append, CancellationToken cancellationToken) =>
        _loops[append.Slot % _loops.Length].AppendAsync(append, cancellationToken);

    /// <summary>Takes no more appends, and returns when those already in have their results.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops)
            await loop.DisposeAsync().ConfigureAwait(false);
    }
}
