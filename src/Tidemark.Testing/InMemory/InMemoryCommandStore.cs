using System.Collections.Immutable;
using Tidemark.Control;

namespace Tidemark.Testing.InMemory;

/// <summary>Operator commands in memory.</summary>
internal sealed class InMemoryCommandStore(MemoryDatabase database, TimeProvider time) : ICommandStore
{
    private ImmutableList<OperatorCommand> All => database.Committed.Leases.Commands;

    public ValueTask<long> AddAsync(
        OperatorAction action, string target, string? argument, string requestedBy, CancellationToken cancellationToken)
    {
        OperatorCommand.CheckRequest(action, target, argument, requestedBy);
        return database.ChangeAsync(
            state =>
            {
                var command = new OperatorCommand(
                    state.Leases.Commands.Count + 1, action, target, argument, requestedBy, time.GetUtcNow(), CommandState.Pending, null,
                    null, null);
                return (state with { Leases = state.Leases with { Commands = state.Leases.Commands.Add(command) } }, command.Number);
            },
            cancellationToken);
    }

    public ValueTask<OperatorCommand?> FindAsync(long number, CancellationToken cancellationToken) =>
        ValueTask.FromResult(All.Find(c => c.Number == number));

    public ValueTask<IReadOnlyList<OperatorCommand>> ReadOpenAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<OperatorCommand>>([.. All.Where(IsOpen)]);

    public ValueTask<IReadOnlyList<OperatorCommand>> ReadAsync(long? before, int countMax, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<OperatorCommand>>(
            [.. All.Where(c => c.Number < (before ?? long.MaxValue)).Reverse().Take(countMax)]);

    public ValueTask<bool> TakeAsync(long number, Guid node, CancellationToken cancellationToken) =>
        ReplaceAsync(
            number,
            (leases, command) => IsOpen(command)
                && (command.Node is null || command.Node == node || !leases.IsAlive(command.Node.Value, time.GetUtcNow()))
                    ? command with { State = CommandState.Running, Node = node }
                    : null,
            cancellationToken);

    public ValueTask<bool> EndAsync(long number, Guid node, bool succeeded, string result, CancellationToken cancellationToken)
    {
        var state = succeeded ? CommandState.Succeeded : CommandState.Failed;
        var fit = OperatorCommand.FitResult(result);
        return ReplaceAsync(
            number,
            (_, command) => command.Node == node
                && (command.State == CommandState.Running || (command.State == state && command.Result == fit))
                    ? command with { State = state, Result = fit, EndedAt = command.EndedAt ?? time.GetUtcNow() }
                    : null,
            cancellationToken);
    }

    private static bool IsOpen(OperatorCommand command) => command.State is CommandState.Pending or CommandState.Running;

    private ValueTask<bool> ReplaceAsync(
        long number, Func<MemoryLeases, OperatorCommand, OperatorCommand?> change, CancellationToken cancellationToken) =>
        database.ChangeAsync(
            state =>
            {
                var command = state.Leases.Commands.Find(c => c.Number == number);
                return command is not null && change(state.Leases, command) is { } changed
                    ? (state with { Leases = state.Leases with { Commands = state.Leases.Commands.Replace(command, changed) } }, true)
                    : (state, false);
            },
            cancellationToken);
}
