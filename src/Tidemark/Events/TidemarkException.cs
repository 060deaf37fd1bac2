namespace Tidemark.Events;

/// <summary>The base of every error that Tidemark raises. The message says what happened, where, and what to do.</summary>
public abstract class TidemarkException : Exception
{
    /// <summary>Makes the error.</summary>
    protected TidemarkException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Whether the same call may succeed when it is simply made again later.</summary>
    public virtual bool IsTransient => false;
}
