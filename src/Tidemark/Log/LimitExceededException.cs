using Tidemark.Events;

namespace Tidemark.Log;

/// <summary>An append went beyond a limit of <see cref="LogOptions"/>. Nothing was stored.</summary>
public sealed class LimitExceededException : TidemarkException
{
    /// <summary>Tells of the limit.</summary>
    public LimitExceededException(string limit, long allowed, long actual, string what)
        : base($"{what}: {actual:N0}, but Log:{limit} allows {allowed:N0}. Nothing was stored. Make it smaller, or raise the limit.")
    {
        Limit = limit;
        Allowed = allowed;
        Actual = actual;
    }

    /// <summary>The option's name.</summary>
    public string Limit { get; }

    /// <summary>What the limit allows.</summary>
    public long Allowed { get; }

    /// <summary>What the append had.</summary>
    public long Actual { get; }
}
