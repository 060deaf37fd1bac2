using System.Globalization;
using Microsoft.Extensions.Logging;
using Tidemark.Control;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// Obeys operator commands. Any node takes any command that it can carry out; one whose node has died is taken over and done again, which
/// each of them allows.
/// </summary>
internal sealed partial class CommandRunner(
    EventDatabase database, NodeAgent node, ShardHosts hosts, SubscriptionDirectory subscriptions, ILogger logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ShardStates _states = new(node, database.Time);
    private readonly ShardMoves _moves = new(node, new ShardStates(node, database.Time));
    private readonly SubscriptionCommands _subscriptions =
        new(subscriptions, node, hosts, new ShardStates(node, database.Time));

    private readonly StrandedShards _stranded =
        new(node, hosts, new ShardStates(node, database.Time), database.Time, logger);

    private long _seen;

    /// <summary>Works off commands as they come, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var changed = node.BookChanged.Next;
            var open = await TryWorkOffAsync(cancellationToken).ConfigureAwait(false);
            await Task.WhenAny(changed, Task.Delay(open ? RetryAfter : Timeout.InfiniteTimeSpan, database.Time, cancellationToken))
                .ConfigureAwait(false);
        }
    }

    // True while there are commands that did not end: those of other nodes, should these die.
    private async Task<bool> TryWorkOffAsync(CancellationToken cancellationToken)
    {
        var last = node.Book.LastCommand;
        if (last == _seen && !_stranded.Any)
            return false;
        try
        {
            var open = await database.Storage.Commands.ReadOpenAsync(cancellationToken).ConfigureAwait(false);

            // Commands about one projection take effect one after the other, in the order in which they were given, on whatever nodes;
            // those about dead letters of different shards beside each other.
            var busy = new HashSet<string>(StringComparer.Ordinal);
            foreach (var command in open.Where(IsNext))
            {
                var canObey = CanObey(command);
                var ended = canObey && await TryObeyAsync(command, cancellationToken).ConfigureAwait(false);
                if (!ended && (canObey || command.State == CommandState.Running))
                    busy.Add(SubjectOf(command));
            }

            await _stranded.TendAsync(open.Select(ProjectionOf).ToHashSet(StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
            if (open.Count == 0)
                _seen = last;
            return open.Count > 0 || _stranded.Any;

            // The shards that it names are known here only once the book has the command.
            bool IsNext(OperatorCommand command) =>
                command.Number <= last && !busy.Contains(SubjectOf(command)) && !busy.Contains(ProjectionOf(command));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotRead(e);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // What a command keeps others from meanwhile.
    private static string SubjectOf(OperatorCommand command) => command.Action switch
    {
        OperatorAction.Drain or OperatorAction.Undrain => $"node {command.Target}",
        OperatorAction.Retry or OperatorAction.Discard => command.Target,
        _ => ProjectionOf(command),
    };

    private static string ProjectionOf(OperatorCommand command) => command.Target.Split(':', '@')[0];

    // False when another node has it.
    private async Task<bool> TryObeyAsync(OperatorCommand command, CancellationToken cancellationToken)
    {
        var commands = database.Storage.Commands;
        if (!await commands.TakeAsync(command.Number, node.Id, cancellationToken).ConfigureAwait(false))
            return false;
        LogTaken(command.Number, command.Action, command.Target, command.RequestedBy);
        bool succeeded;
        string result;
        try
        {
            result = await ObeyAsync(command, cancellationToken).ConfigureAwait(false);
            succeeded = true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && !database.Storage.IsTransient(e))
        {
            (succeeded, result) = (false, e.Message);
        }

        await commands.EndAsync(command.Number, node.Id, succeeded, result, cancellationToken).ConfigureAwait(false);
        LogEnded(command.Number, succeeded, result);
        return true;
    }

    // What changes read models or layouts needs the projection's code; a projection that nobody has at all is an error of whoever asks.
    private bool CanObey(OperatorCommand command)
    {
        if (command.Action is OperatorAction.Retry or OperatorAction.Discard)
            return FindShard(command.Target) is not { } lease
                || (hosts.IsKnown(lease.Shard.Database) && LettersOf(lease.Shard).CanObey(lease));
        if (command.Action is not (OperatorAction.Rebuild or OperatorAction.Drop or OperatorAction.Split or OperatorAction.Merge))
            return true;
        var meant = node.Book.Shards.Values.FirstOrDefault(l => l.Shard.IsMeantBy(command.Target));
        return meant is null || (hosts.IsKnown(meant.Shard.Database)
            && (meant.IsSubscription || hosts.Of(meant.Shard.Database).Keepers.ContainsKey(meant.Shard.Projection)));
    }

    private Task<string> ObeyAsync(OperatorCommand command, CancellationToken cancellationToken) => command.Action switch
    {
        OperatorAction.Pause => PauseAsync(command.Target, cancellationToken),
        OperatorAction.Resume => ResumeAsync(command.Target, cancellationToken),
        OperatorAction.Rebuild => RebuildAsync(command.Target, cancellationToken),
        OperatorAction.Drop => DropAsync(command.Target, cancellationToken),
        OperatorAction.Drain => DrainAsync(command.Target, cancellationToken),
        OperatorAction.Undrain => UndrainAsync(command.Target, cancellationToken),
        OperatorAction.Split or OperatorAction.Merge => LayOutAsync(command, cancellationToken),
        OperatorAction.Move => MoveAsync(command, cancellationToken),
        OperatorAction.Retry or OperatorAction.Discard => SettleAsync(command, cancellationToken),
        OperatorAction.Rewind => _subscriptions.RewindAsync(
            command.Target, SubscriptionStart.Parse(command.Argument!), cancellationToken),
        _ => throw new InvalidOperationException($"This version of Tidemark cannot do {command.Action}; its nodes are too old for it."),
    };

    private async Task<string> PauseAsync(string target, CancellationToken cancellationToken)
    {
        var shards = await SetAsync(target, l => l.State == LeaseState.Wanted, LeaseState.Paused, cancellationToken).ConfigureAwait(false);
        await _states.UntilAsync(b => shards.All(l => IsDrained(b, l.Shard)), cancellationToken).ConfigureAwait(false);
        return $"{shards.Length} shard(s) paused.";
    }

    // Who is paused by an error starts again under a new lease.
    private async Task<string> ResumeAsync(string target, CancellationToken cancellationToken)
    {
        var failing = await SetAsync(
            target, l => l.State == LeaseState.Wanted && l.Problem is not null, LeaseState.Paused, cancellationToken).ConfigureAwait(false);
        await _states.UntilAsync(b => failing.All(l => IsDrained(b, l.Shard)), cancellationToken).ConfigureAwait(false);
        await _subscriptions.ForgetFailuresAsync(
            Find(target).Where(l => l.State == LeaseState.Paused), cancellationToken).ConfigureAwait(false);
        var paused = await SetAsync(target, l => l.State == LeaseState.Paused, LeaseState.Wanted, cancellationToken).ConfigureAwait(false);
        return $"{paused.Length} shard(s) resumed.";
    }

    private async Task<string> RebuildAsync(string projection, CancellationToken cancellationToken)
    {
        var results = new List<string>();
        foreach (var keeper in KeepersOf(projection))
        {
            var generation = await keeper.BeginRebuildAsync(cancellationToken).ConfigureAwait(false);
            results.Add($"Generation {generation} is being built; readers see it once it has caught up.");
        }

        await database.HighWater.NotifyLeasesAsync(cancellationToken).ConfigureAwait(false);
        return string.Join(' ', results.Distinct(StringComparer.Ordinal));
    }

    private async Task<string> DropAsync(string projection, CancellationToken cancellationToken)
    {
        var dropped = 0;
        foreach (var keeper in KeepersOf(projection))
            dropped += await keeper.DropFormerAsync(cancellationToken).ConfigureAwait(false);
        return $"{dropped} former generation(s) dropped.";
    }

    private async Task<string> DrainAsync(string target, CancellationToken cancellationToken)
    {
        var drained = NodeOf(target);
        await ChangeAsync(new LeaseChange { Nodes = [KeyValuePair.Create(drained.Id, NodeState.Draining)] }, cancellationToken)
            .ConfigureAwait(false);
        await _states.UntilAsync(
            b => b.Nodes.All(n => n.Id != drained.Id) || (b.Nodes.First(n => n.Id == drained.Id).State == NodeState.Draining
                && b.Shards.Values.All(l => l.Owner != drained.Id || b.Plan.Placed.GetValueOrDefault(l.Shard) == drained.Id)),
            cancellationToken).ConfigureAwait(false);
        var left = node.Book.Shards.Values.Count(l => l.Owner == drained.Id);
        return left == 0 ? $"Node {drained.Name} is drained." : $"{left} shard(s) stay on node {drained.Name}: no other node can run them.";
    }

    private async Task<string> UndrainAsync(string target, CancellationToken cancellationToken)
    {
        var drained = NodeOf(target);
        await ChangeAsync(new LeaseChange { Nodes = [KeyValuePair.Create(drained.Id, NodeState.Active)] }, cancellationToken)
            .ConfigureAwait(false);
        return $"Node {drained.Name} takes shards again.";
    }

    private Task<string> MoveAsync(OperatorCommand command, CancellationToken cancellationToken)
    {
        ShardName[] shards = [.. Find(command.Target).Select(l => l.Shard)];
        return command.Argument is { } name
            ? _moves.PinAsync(shards, NodeOf(name), cancellationToken)
            : _moves.UnpinAsync(shards, cancellationToken);
    }

    private Task<string> SettleAsync(OperatorCommand command, CancellationToken cancellationToken)
    {
        if (FindShard(command.Target) is { } lease)
            return LettersOf(lease.Shard).RunAsync(command, lease, cancellationToken);
        var shards = string.Join(", ", Find(command.Target).Select(l => l.Shard).OrderBy(s => s.ToString(), StringComparer.Ordinal));
        throw new DeadLetterException(command.Argument is { } position
            ? $"Projection '{command.Target}' has no dead letter at position {position}. Name one that ReadDeadLettersAsync lists."
            : $"Dead letters are settled shard by shard; name one of {shards}.");
    }

    // What is asked for is a layout, so that asking twice comes to the same.
    private async Task<string> LayOutAsync(OperatorCommand command, CancellationToken cancellationToken)
    {
        var parts = int.Parse(command.Argument!, CultureInfo.InvariantCulture);
        var isShard = command.Target.Contains('@', StringComparison.Ordinal);
        if (isShard && ShardName.Parse(command.Target) is var shard && node.Book.Shards.TryGetValue(shard, out var lease))
        {
            return lease.State == LeaseState.Retired
                ? $"Shard {shard} is replaced already."
                : await LayOutAsync([lease], shard.Slots, parts, cancellationToken).ConfigureAwait(false);
        }

        var results = new List<string>();
        foreach (var generation in Find(command.Target).GroupBy(l => (l.Shard.Generation, l.Shard.Database)).ToArray())
            results.Add(await LayOutAsync([.. generation], SlotRange.All, parts, cancellationToken).ConfigureAwait(false));
        return string.Join(' ', results);
    }

    private async Task<string> LayOutAsync(ShardLease[] former, SlotRange slots, int parts, CancellationToken cancellationToken)
    {
        if (parts > slots.Count)
            throw new ArgumentException($"{slots.Count} slot(s) cannot be divided into {parts} shards; ask for fewer.");
        var run = hosts.Of(former[0].Shard.Database);
        _subscriptions.CheckCanSplit(former[0]);
        if (parts > 1 && run.Keepers.TryGetValue(former[0].Shard.Projection, out var keeper))
            keeper.CheckCanSplit();
        var ranges = slots.Divide(parts);
        if (former.Length == parts && former.All(l => ranges.Contains(l.Shard.Slots)))
            return $"Generation {former[0].Shard.Generation} has {parts} shard(s) already.";

        // Shards that the new layout has as well are left alone.
        SlotRange[] made = [.. ranges.Except(former.Select(l => l.Shard.Slots))];
        ShardName[] replaced = [.. former.Select(l => l.Shard).Where(s => !ranges.Contains(s.Slots))];
        var relayout = new Relayout(run.Database, node, run.Host, _states);
        await relayout.RunAsync(replaced, made, ShardStates.SettleMax, cancellationToken).ConfigureAwait(false);
        return $"{replaced.Length} shard(s) of generation {former[0].Shard.Generation} replaced by {made.Length}.";
    }

    // Null when it names a projection, nothing, or a shard that was replaced.
    private ShardLease? FindShard(string target) =>
        node.Book.Shards.Values.FirstOrDefault(l => l.State != LeaseState.Retired && l.Shard.ToString() == target);

    // By the name of a projection, with its database or without, or of one shard.
    private ShardLease[] Find(string target)
    {
        ShardLease[] found = [.. node.Book.Shards.Values.Where(
            l => l.State != LeaseState.Retired && l.Shard.IsMeantBy(target))];
        return found.Length > 0
            ? found
            : throw new ArgumentException(
                $"There is no projection and no shard '{target}'. Projections: " +
                $"{string.Join(", ", node.Book.Shards.Keys.Select(s => s.Projection).Distinct().Order(StringComparer.Ordinal))}.");
    }

    // One that is gone meanwhile runs nowhere either.
    private static bool IsDrained(LeaseBook book, ShardName shard) =>
        !book.Shards.TryGetValue(shard, out var lease) || (lease.State != LeaseState.Wanted && book.OwnerOf(lease) is null);

    private Node NodeOf(string target) =>
        node.Book.Nodes.FirstOrDefault(n => n.Name == target || n.Id.ToString() == target)
        ?? throw new ArgumentException(
            $"There is no node '{target}'. Nodes: {string.Join(", ", node.Book.Nodes.Select(n => n.Name).Order(StringComparer.Ordinal))}.");

    private DeadLetterRunner LettersOf(ShardName shard)
    {
        var run = hosts.Of(shard.Database);
        return new(run.Database, node, run.Host);
    }

    private GenerationKeeper[] KeepersOf(string target) =>
    [
        .. Find(target).Select(l => l.Shard).DistinctBy(s => (s.Projection, s.Database))
            .Select(s => hosts.Of(s.Database).Keepers.GetValueOrDefault(s.Projection) ?? throw new ArgumentException(
                $"There is no async projection '{s.Projection}' (a subscription is rewound instead). There are: " +
                $"{string.Join(", ", hosts.Of(s.Database).Keepers.Keys.Order(StringComparer.Ordinal))}.")),
    ];

    private Task<ShardLease[]> SetAsync(
        string target, Func<ShardLease, bool> where, LeaseState state, CancellationToken cancellationToken) =>
        _states.SetAsync(() => Find(target).Where(where).Select(l => KeyValuePair.Create(l, state)), cancellationToken);

    private async Task ChangeAsync(LeaseChange change, CancellationToken cancellationToken)
    {
        if (!await _states.TryChangeAsync(change, cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException("The shards or nodes have changed meanwhile. Look at the status, and ask again if " +
                "need be.");
    }

    [LoggerMessage(EventId = 1441, Level = LogLevel.Information, Message = "Command {Number} ({Action} {Target}), asked by {By}.")]
    private partial void LogTaken(long number, OperatorAction action, string target, string by);

    [LoggerMessage(EventId = 1442, Level = LogLevel.Information, Message = "Command {Number} ended (succeeded: {Succeeded}): {Result}")]
    private partial void LogEnded(long number, bool succeeded, string result);

    [LoggerMessage(EventId = 1443, Level = LogLevel.Warning, Message = "Operator commands could not be read; trying again.")]
    private partial void LogNotRead(Exception error);
}
