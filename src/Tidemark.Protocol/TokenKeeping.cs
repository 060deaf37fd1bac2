namespace Tidemark.Protocol;

/// <summary>Who keeps the durable token of each partition.</summary>
public enum TokenKeeping
{
    /// <summary>The server (<c>stored</c>): at least once.</summary>
    Stored = 0,

    /// <summary>The consumer (<c>own</c>), with its state: its effects take place once when both are written in one transaction.</summary>
    Own = 1,
}
