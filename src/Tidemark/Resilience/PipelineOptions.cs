using Polly;
using Polly.Retry;

namespace Tidemark.Resilience;

/// <summary>
/// How failing calls are repeated. By default every pipeline but <see cref="PipelineName.ShardStop"/> retries after <see cref="Delays"/>;
/// what still fails then
/// goes to the loop that made the call, which pauses and tries again by itself.
/// </summary>
public sealed class PipelineOptions
{
    private readonly Dictionary<string, Action<ResiliencePipelineBuilder, Func<Exception,
        bool>>> _replacements = new(StringComparer.Ordinal);

    /// <summary>The waits before the tries after the first. 250 ms, 500 ms and 1 s by default.</summary>
    public IReadOnlyList<TimeSpan> Delays { get; set; } =
        [TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1)];

    /// <summary>Replaces a pipeline.</summary>
    /// <param name="name">One of <see cref="PipelineName"/>.</param>
    /// <param name="configure">
    /// Adds the strategies. The function tells whether an error is one that the pipeline is meant to repeat.
    /// </param>
    /// <exception cref="ArgumentException">There is no pipeline of this name.</exception>
    public PipelineOptions Replace(string name, Action<ResiliencePipelineBuilder, Func<Exception, bool>> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        if (!PipelineName.All.Contains(name, StringComparer.Ordinal))
            throw new ArgumentException($"There is no pipeline '{name}'; there are {string.Join(", ", PipelineName.All)}.", nameof(name));
        _replacements[name] = configure;
        return this;
    }

    /// <summary>Builds a pipeline.</summary>
    /// <param name="name">One of <see cref="PipelineName"/>.</param>
    /// <param name="time">The clock it waits by.</param>
    /// <param name="isRetryable">Which errors it repeats.</param>
    public ResiliencePipeline Build(string name, TimeProvider time, Func<Exception, bool> isRetryable)
    {
        var builder = new ResiliencePipelineBuilder { Name = name, TimeProvider = time };
        if (_replacements.TryGetValue(name, out var configure))
            configure(builder, isRetryable);
        else if (name != PipelineName.ShardStop && Delays.Count > 0)
            builder.AddRetry(Retry(isRetryable));
        return builder.Build();
    }

    private RetryStrategyOptions Retry(Func<Exception, bool> isRetryable) => new()
    {
        MaxRetryAttempts = Delays.Count,
        DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(Delays[Math.Min(args.AttemptNumber, Delays.Count - 1)]),
        ShouldHandle = args => ValueTask.FromResult(
            args.Outcome.Exception is { } error && error is not OperationCanceledException && isRetryable(error)),
    };
}
