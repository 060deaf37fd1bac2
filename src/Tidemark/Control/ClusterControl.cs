using System.Globalization;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;

namespace Tidemark.Control;

/// <summary>
/// Operates a cluster from any process, also one without the application's code: writes commands that its nodes obey, and waits for what
/// came of them. Every command stays in the database as the record of who asked for what. Safe for concurrent use.
/// </summary>
public sealed class ClusterControl
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    private readonly ICommandStore _commands;
    private readonly ILeaseStore _leases;
    private readonly StatusReader _status;
    private readonly IWakeUpChannel _wakeUp;
    private readonly TimeProvider _time;
    private readonly string _requestedBy;

    internal ClusterControl(
        ICommandStore commands, ILeaseStore leases, StatusReader status, IWakeUpChannel wakeUp, TimeProvider time,
        string? requestedBy = null)
    {
        _commands = commands;
        _leases = leases;
        _status = status;
        _wakeUp = wakeUp;
        _time = time;
        _requestedBy = requestedBy ?? $"{Environment.UserName}@{Environment.MachineName}";
    }

    /// <summary>The same, in the name of somebody else; for the record.</summary>
    public ClusterControl As(string requestedBy) => new(_commands, _leases, _status, _wakeUp, _time, requestedBy);

    /// <summary>Pauses the shards of a projection, or one shard, until resumed. They commit what they have gathered first.</summary>
    /// <param name="target">A projection's name (all its shards), with an event database's (<c>Orders@acme</c>: its shards there), or a shard's, like
    /// <c>Orders:g2:0-511@main</c>.</param>
    /// <param name="cancellationToken">Ends the wait; the command stays.</param>
    /// <exception cref="CommandFailedException">It was refused or failed; the message says why. The same for the others below.</exception>
    public Task<OperatorCommand> PauseAsync(string target, CancellationToken cancellationToken = default) =>
        RunAsync(OperatorAction.Pause, target, null, cancellationToken);

    /// <summary>Ends an operator's pause, or one after an error.</summary>
    public Task<OperatorCommand> ResumeAsync(string target, CancellationToken cancellationToken = default) =>
        RunAsync(OperatorAction.Resume, target, null, cancellationToken);

    /// <summary>
    /// Begins to build a projection's read model anew beside the live one. Succeeds once that has begun; when one is under way already,
    /// that one counts. The swap comes by itself.
    /// </summary>
    public Task<OperatorCommand> RebuildAsync(string projection, CancellationToken cancellationToken = default) =>
        RunAsync(OperatorAction.Rebuild, projection, null, cancellationToken);

    /// <summary>Drops the former generations of a projection's read model.</summary>
    public Task<OperatorCommand> DropFormerAsync(string projection, CancellationToken cancellationToken = default) =>
        RunAsync(OperatorAction.Drop, projection, null, cancellationToken);

    /// <summary>Moves everything off a node. Succeeds once it runs nothing that another node can run.</summary>
    /// <param name="node">Its name or id.</param>
    /// <param name="cancellationToken">Ends the wait; the command stays.</param>
    public Task<OperatorCommand> DrainAsync(string node, CancellationToken cancellationToken = default) =>
        RunAsync(OperatorAction.Drain, node, null, cancellationToken);

    /// <summary>Lets a drained node take shards again.</summary>
    public Task<OperatorCommand> UndrainAsync(string node, CancellationToken cancellationToken = default) =>
        RunAsync(OperatorAction.Undrain, node, null, cancellationToken);

    /// <summary>
    /// Divides a projection's slots, or those of one shard, among a number of shards. The shards go on where the former ones stood:
    /// nothing is built anew. When the layout is that one already, nothing happens.
    /// </summary>
    /// <param name="target">A projection's name, or a shard's.</param>
    /// <param name="shards">How many shards there are to be in their place; 1 to 1,024.</param>
    /// <param name="cancellationToken">Ends the wait; the command stays.</param>
    public Task<OperatorCommand> SplitAsync(string target, int shards, CancellationToken cancellationToken = default) =>
        LayOutAsync(OperatorAction.Split, target, shards, cancellationToken);

    /// <summary>Merges the shards of a projection into fewer; see <see cref="SplitAsync"/>.</summary>
    public Task<OperatorCommand> MergeAsync(string projection, int into = 1, CancellationToken cancellationToken = default) =>
        LayOutAsync(OperatorAction.Merge, projection, into, cancellationToken);

    /// <summary>Moves a shard to a node, where it stays while that node can run it; null lets it go again.</summary>
    public Task<OperatorCommand> MoveAsync(string shard, string? node, CancellationToken cancellationToken = default) =>
        RunAsync(OperatorAction.Move, shard, node, cancellationToken);

    /// <summary>Commands, newest first: who asked for what, and what came of it.</summary>
    /// <param name="before">Only those with a lower number; null for the newest.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<IReadOnlyList<OperatorCommand>> ReadCommandsAsync(
        long? before = null, int countMax = 100, CancellationToken cancellationToken = default) =>
        await _commands.ReadAsync(before, countMax, cancellationToken).ConfigureAwait(false);

    /// <summary>The roster and every shard's lease.</summary>
    public async Task<LeaseView> ReadLeasesAsync(CancellationToken cancellationToken = default) =>
        await _leases.ReadAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// The nodes, and every shard with its owner, state, position, gap, rate, lag and problem. Costs three short reads and one event for
    /// each position that is behind, at most 20; nothing is written.
    /// </summary>
    public async Task<ClusterStatus> ReadStatusAsync(CancellationToken cancellationToken = default) =>
        await _status.ReadAsync(cancellationToken).ConfigureAwait(false);

    private Task<OperatorCommand> LayOutAsync(OperatorAction action, string target, int shards, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, Slot.Count);
        return RunAsync(action, target, shards.ToString(CultureInfo.InvariantCulture), cancellationToken);
    }

    private async Task<OperatorCommand> RunAsync(
        OperatorAction action, string target, string? argument, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(target);
        var number = await _commands.AddAsync(action, target, argument, _requestedBy, cancellationToken).ConfigureAwait(false);
        await _wakeUp.NotifyAsync(WakeUp.Leases, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var command = await _commands.FindAsync(number, cancellationToken).ConfigureAwait(false);
            if (command?.State == CommandState.Succeeded)
                return command;
            if (command?.State == CommandState.Failed)
                throw new CommandFailedException(command);
            await Task.Delay(Poll, _time, cancellationToken).ConfigureAwait(false);
        }
    }
}
