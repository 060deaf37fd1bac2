using System.Globalization;
using Tidemark.Control;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Placement;
using Tidemark.Shards;
using Tidemark.Storage;

namespace Tidemark.Hosting;

/// <summary>
/// Obeys retries and discards of dead letters of a shard that this node owns: the shard's agent runs them between its batches. One that is
/// done again, after a node died, finds what is left.
/// </summary>
internal sealed class DeadLetterRunner(EventDatabase database, NodeAgent node, ShardHost host)
{
    private const int LettersMax = 10_000;
    private const int PageLetters = 500;
    private const int PositionsTold = 10;

    /// <summary>What came of the letters of one command.</summary>
    private sealed class Tally
    {
        public int Settled { get; set; }

        public long Applied { get; set; }

        public List<DeadLetter> Failed { get; } = [];
    }

    /// <summary>Whether this node is the one to obey a command about a shard: its owner, or anybody when nobody is to run it.</summary>
    public bool CanObey(ShardLease lease)
    {
        var book = node.Book;
        return lease.State != LeaseState.Wanted
            || (book.OwnerOf(lease) is { } owner ? owner == node.Id : !book.Plan.Placed.ContainsKey(lease.Shard));
    }

    /// <summary>Carries a command out; the text counts what was done.</summary>
    /// <exception cref="DeadLetterException">
    /// It makes no sense, or every event that was tried failed again; the message says why.
    /// </exception>
    public async Task<string> RunAsync(OperatorCommand command, ShardLease lease, CancellationToken cancellationToken)
    {
        CheckRuns(lease);
        var discards = command.Action == OperatorAction.Discard;
        var request = DeadLetterRequest.Parse(command.Argument);
        var tally = new Tally();
        if (request.Position is { } one)
        {
            await SettleAsync(lease.Shard, one, discards, request.Late, tally, cancellationToken).ConfigureAwait(false);
            return Told(tally, 0, false);
        }

        var (letters, others, more) = await ListAsync(lease.Shard, discards || request.Late, cancellationToken).ConfigureAwait(false);
        foreach (var position in letters)
        {
            try
            {
                await SettleAsync(lease.Shard, position, discards, request.Late, tally, cancellationToken).ConfigureAwait(false);
            }
            catch (DeadLetterException)
            {
                // Somebody else has settled it since the list was read.
            }
        }

        return Told(tally, others, more);
    }

    private void CheckRuns(ShardLease lease)
    {
        if (lease.State != LeaseState.Wanted)
            throw new DeadLetterException($"Shard {lease.Shard} does not run ({lease.State}). Resume it first; nothing was changed.");
        if (node.Book.Plan.Unplaced.TryGetValue(lease.Shard, out var why))
            throw new DeadLetterException($"Shard {lease.Shard} does not run: {why}. Nothing was changed.");
    }

    // Those that a command without a position is about, those it leaves alone, and whether there are more than one command takes.
    private async Task<(List<Position> Letters, int Others, bool More)> ListAsync(
        ShardName shard, bool withSkipped, CancellationToken cancellationToken)
    {
        var (letters, others, after) = (new List<Position>(), 0, Position.Beginning);
        while (true)
        {
            var page = await database.Storage.DeadLetters.ReadAsync(shard.Projection, after, PageLetters, cancellationToken)
                .ConfigureAwait(false);
            foreach (var letter in page.Where(l => IsOf(shard, l)))
            {
                if (letter.State == DeadLetterState.Parked || (withSkipped && letter.State == DeadLetterState.Skipped))
                    letters.Add(letter.Position);
                else if (letter.State == DeadLetterState.Skipped)
                    others++;
            }

            if (letters.Count > LettersMax)
                return (letters[..LettersMax], others, true);
            if (page.Count < PageLetters)
                return (letters, others, false);
            after = page[^1].Position;
        }
    }

    private static bool IsOf(ShardName shard, DeadLetter letter) =>
        letter.Shard.Generation == shard.Generation && shard.Slots.Contains(Slot.Of(letter.Tenant, letter.Stream));

    private async Task SettleAsync(
        ShardName shard, Position position, bool discards, bool late, Tally tally, CancellationToken cancellationToken)
    {
        while (true)
        {
            var agent = await AgentAsync(shard, tally, cancellationToken).ConfigureAwait(false);
            try
            {
                var outcome = await agent.SettleAsync(position, discards, late, cancellationToken).ConfigureAwait(false);
                tally.Applied += outcome.EventsApplied;
                if (outcome.Failed is { } failed)
                    tally.Failed.Add(failed);
                if (outcome.IsSettled || outcome.Failed?.Position != position)
                    tally.Settled++;
                return;
            }
            catch (DeadLetterException) when (agent.Status.State == ShardState.Stopped)
            {
                // Nothing was changed; it may start again here.
            }
        }
    }

    // The agent may be about to start, and to end.
    private async Task<ShardAgent> AgentAsync(ShardName shard, Tally tally, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (changed, hosted) = (node.BookChanged.Next, host.ShardsChanged.Next);
            if (host.Find(shard) is { } agent && agent.Status.State != ShardState.Stopped)
                return agent;
            if (!node.Book.Shards.TryGetValue(shard, out var lease) || node.Book.OwnerOf(lease) != node.Id)
            {
                throw new InvalidOperationException(
                    $"Shard {shard} has left this node after {tally.Settled} dead letter(s) were settled. Ask again for the others.");
            }

            await Task.WhenAny(changed, hosted).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Told(Tally tally, int others, bool more)
    {
        var failed = tally.Failed.Count == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $" {tally.Failed.Count} stream(s) or event(s) failed again, at position(s) {Positions(tally.Failed)}: " +
            $"{tally.Failed[0].Error.Split('\n')[0].Trim()}");
        if (tally.Settled == 0 && tally.Failed.Count > 0)
            throw new DeadLetterException("Nothing was settled." + failed);
        return string.Create(CultureInfo.InvariantCulture, $"{tally.Settled} dead letter(s) settled, {tally.Applied} event(s) applied.")
            + failed
            + (others == 0 ? "" : $" {others} skipped one(s) were left alone: retry them late, or rebuild the projection.")
            + (more ? $" There are more than {LettersMax}: ask again." : "");
    }

    private static string Positions(List<DeadLetter> letters) =>
        string.Join(", ", letters.Take(PositionsTold).Select(l => l.Position)) + (letters.Count > PositionsTold ? ", …" : "");
}
