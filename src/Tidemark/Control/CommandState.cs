namespace Tidemark.Control;

/// <summary>How far an operator's command is.</summary>
public enum CommandState
{
    /// <summary>No node has taken it yet.</summary>
    Pending = 0,

    /// <summary>A node works on it. When that node dies another one takes it over.</summary>
    Running = 1,

    /// <summary>Done.</summary>
    Succeeded = 2,

    /// <summary>Refused or failed; the result says why.</summary>
    Failed = 3,
}
