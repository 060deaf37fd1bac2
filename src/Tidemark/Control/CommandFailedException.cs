using Tidemark.Events;

namespace Tidemark.Control;

/// <summary>An operator's command was refused, or failed.</summary>
public sealed class CommandFailedException : TidemarkException
{
    /// <summary>Tells of the command.</summary>
    public CommandFailedException(OperatorCommand command)
        : base($"Command {command?.Number} ({command?.Action} {command?.Target}) failed: {command?.Result}")
        => Command = command ?? throw new ArgumentNullException(nameof(command));

    /// <summary>The command, with its result.</summary>
    public OperatorCommand Command { get; }
}
