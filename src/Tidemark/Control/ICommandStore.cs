namespace Tidemark.Control;

/// <summary>
/// Port: operator commands, in the coordination database. Rows are never deleted by this: they are the audit. Thread-safe.
/// </summary>
public interface ICommandStore
{
    /// <summary>
    /// Writes a pending command and returns its number. Commands become visible in the order of their numbers, so who has seen one has seen
    /// all before it. Not repeated by itself.
    /// </summary>
    /// <exception cref="ArgumentException">A text is empty or too long; see <see cref="OperatorCommand"/>.</exception>
    ValueTask<long> AddAsync(
        OperatorAction action, string target, string? argument, string requestedBy, CancellationToken cancellationToken);

    /// <summary>A command by its number; null when there is none.</summary>
    ValueTask<OperatorCommand?> FindAsync(long number, CancellationToken cancellationToken);

    /// <summary>Those that have not ended, oldest first.</summary>
    ValueTask<IReadOnlyList<OperatorCommand>> ReadOpenAsync(CancellationToken cancellationToken);

    /// <summary>All, newest first.</summary>
    /// <param name="before">Only those with a lower number; null for the newest.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<IReadOnlyList<OperatorCommand>> ReadAsync(long? before, int countMax, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a command that is pending, or whose node is no longer alive; one that this node has stays taken. False when another living
    /// node has it, when it ended, and when there is none.
    /// </summary>
    ValueTask<bool> TakeAsync(long number, Guid node, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a command that this node has taken. False when it has not, any more. Repeating it with the same outcome is safe.
    /// </summary>
    ValueTask<bool> EndAsync(long number, Guid node, bool succeeded, string result, CancellationToken cancellationToken);
}
