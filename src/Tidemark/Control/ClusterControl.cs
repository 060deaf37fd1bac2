using System.Globalization;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Shards;

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
    private readonly Func<string, IDeadLetterStore> _lettersOf;
    private readonly StatusReader _status;
    private readonly IWakeUpChannel _wakeUp;
    private readonly TimeProvider _time;
    private readonly string _requestedBy;

    internal ClusterControl(
        ICommandStore commands, ILeaseStore leases, Func<string, IDeadLetterStore> lettersOf, StatusReader status, IWakeUpChannel wakeUp,
        TimeProvider time, string? requestedBy = null)
    {
        _commands = commands;
        _leases = leases;
        _lettersOf = lettersOf;
        _status = status;
        _wakeUp = wakeUp;
        _time = time;
        _requestedBy = requestedBy ?? $"{Environment.UserName}@{Environment.MachineName}";
    }

    /// <summary>The same, in the name of somebody else; for the record.</summary>
    public ClusterControl As(string requestedBy) => new(_commands, _leases, _lettersOf, _status, _wakeUp, _time, requestedBy);

    /// <summary>Pauses the shards of a projection, or one shard, until resumed. They commit what they have gathered first.</summary>
    /// <param name="target">
    /// A projection's name (all its shards), with an event database's (<c>Orders@acme</c>: its shards there), or a shard's, like
    /// <c>Orders:g2:0-511@main</c>.
    /// </param>
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

    /// <summary>
    /// Tries a dead letter again, and with it the queue of its stream, on the node that owns its shard. During a rebuild the live
    /// generation's comes first; ask again for the other one's. The result counts the events that took effect.
    /// </summary>
    /// <param name="projection">The projection's name; with tenants in databases of their own, <c>Orders@acme</c>.</param>
    /// <param name="position">The dead letter's position.</param>
    /// <param name="late">Needed for one that was skipped: its event is applied now, after later ones of its stream.</param>
    /// <param name="cancellationToken">Ends the wait; the command stays.</param>
    /// <exception cref="CommandFailedException">There is no such dead letter, or its event failed again; the message says why.</exception>
    public Task<OperatorCommand> RetryDeadLetterAsync(
        string projection, Position position, bool late = false, CancellationToken cancellationToken = default) =>
        SettleAsync(OperatorAction.Retry, projection, new(position, late), cancellationToken);

    /// <summary>
    /// Tries all dead letters of a projection, or of one shard, again: one command for each shard, obeyed by its owner, at most 10,000 dead
    /// letters each. Each result counts what was settled and what failed again.
    /// </summary>
    /// <param name="target">A projection's name, or a shard's.</param>
    /// <param name="late">Also those that were skipped: their events are applied now, after later ones of their streams.</param>
    /// <param name="cancellationToken">Ends the wait; the commands stay.</param>
    /// <returns>The commands, in the order of the shards.</returns>
    /// <exception cref="CommandFailedException">One of them was refused or failed; the others have ended too.</exception>
    public Task<IReadOnlyList<OperatorCommand>> RetryDeadLettersAsync(
        string target, bool late = false, CancellationToken cancellationToken = default) =>
        SettleAllAsync(OperatorAction.Retry, target, new(null, late), cancellationToken);

    /// <summary>
    /// Gives a dead letter up: its event never takes effect in this generation, its record stays, and the queue of its stream runs.
    /// </summary>
    /// <param name="projection">The projection's name; with tenants in databases of their own, <c>Orders@acme</c>.</param>
    /// <param name="position">The dead letter's position.</param>
    /// <param name="cancellationToken">Ends the wait; the command stays.</param>
    public Task<OperatorCommand> DiscardDeadLetterAsync(
        string projection, Position position, CancellationToken cancellationToken = default) =>
        SettleAsync(OperatorAction.Discard, projection, new(position, Late: false), cancellationToken);

    /// <summary>Gives all dead letters of a projection, or of one shard, up; see <see cref="RetryDeadLettersAsync"/>.</summary>
    public Task<IReadOnlyList<OperatorCommand>> DiscardDeadLettersAsync(string target, CancellationToken cancellationToken = default) =>
        SettleAllAsync(OperatorAction.Discard, target, new(null, Late: false), cancellationToken);

    /// <summary>
    /// Sets a subscription back to a position, which is then delivered again with all after it. Projections are refused: what they have
    /// written cannot be taken back; <see cref="RebuildAsync"/> applies every event again.
    /// </summary>
    /// <param name="subscription">The subscription's name, or with an event database's (<c>mailer@acme</c>).</param>
    /// <param name="to">The first position that is delivered then. A later one than where it stands leaves out what lies between.</param>
    /// <param name="cancellationToken">Ends the wait; the command stays.</param>
    public Task<OperatorCommand> RewindAsync(string subscription, Position to, CancellationToken cancellationToken = default) =>
        RewindToAsync(subscription, SubscriptionStart.At(to), cancellationToken);

    /// <summary>The same, to wherever a new subscription could begin: a position, a moment, the end.</summary>
    public Task<OperatorCommand> RewindToAsync(string subscription, SubscriptionStart to, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        return RunAsync(OperatorAction.Rewind, subscription, to.ToString(), cancellationToken);
    }

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

    // By the shard that has it, so that its owner obeys. Whoever obeys tells what is wrong with the others.
    private async Task<OperatorCommand> SettleAsync(
        OperatorAction action, string projection, DeadLetterRequest request, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(projection);
        var all = await ShardsAsync(projection, cancellationToken).ConfigureAwait(false);
        foreach (var shards in all.GroupBy(s => (s.Projection, s.Generation, s.Database)))
        {
            var letter = await _lettersOf(shards.Key.Database).FindAsync(
                shards.Key.Projection, shards.Key.Generation, request.Position!.Value, cancellationToken).ConfigureAwait(false);
            if (letter is null)
                continue;
            var slot = Slot.Of(letter.Tenant, letter.Stream);
            var target = shards.FirstOrDefault(s => s.Slots.Contains(slot))?.ToString() ?? projection;
            return await RunAsync(action, target, request.ToArgument(), cancellationToken).ConfigureAwait(false);
        }

        return await RunAsync(action, projection, request.ToArgument(), cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<OperatorCommand>> SettleAllAsync(
        OperatorAction action, string target, DeadLetterRequest request, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(target);
        var shards = await ShardsAsync(target, cancellationToken).ConfigureAwait(false);
        string[] targets = shards.Count == 0 ? [target] : [.. shards.Select(s => s.ToString())];
        return await Task.WhenAll(targets.Select(t => RunAsync(action, t, request.ToArgument(), cancellationToken))).ConfigureAwait(false);
    }

    // Of a projection or of one shard by name; the live generation comes before the one that is built.
    private async Task<IReadOnlyList<ShardName>> ShardsAsync(string target, CancellationToken cancellationToken)
    {
        var view = await _leases.ReadAsync(cancellationToken).ConfigureAwait(false);
        return
        [
            .. view.Shards.Where(l => l.State != LeaseState.Retired).Select(l => l.Shard)
                .Where(s => s.IsMeantBy(target)).OrderBy(s => s.Generation).ThenBy(s => s.Slots.First),
        ];
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
