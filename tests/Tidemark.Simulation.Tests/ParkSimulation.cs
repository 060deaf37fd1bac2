using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Shards;
using Tidemark.Simulation.Tests.Faults;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>
/// One run with streams that are parked: poison comes and is healed, letters are retried and discarded, daemons are restarted, fenced and
/// taken over, calls fail. In the end every event took effect once, in the order of its stream, but for those discarded.
/// </summary>
internal sealed class ParkSimulation(int seed) : SimulatedRun(seed, afterPercentMax: 12, slowPercentMax: 10)
{
    private static readonly string[] Projections = ["Diaries", "Shares", "Counts"];
    private static readonly string[] Streams = ["a", "b", "c", "d"];

    private readonly Poison _poison = new();
    private readonly List<(string Stream, long Amount)> _log = [];
    private readonly HashSet<(string Projection, long Position)> _asked = [];
    private readonly List<Task> _commands = [];

    public int Discarded { get; private set; }

    public int Retried { get; private set; }

    protected override void Build(TidemarkBuilder node) => node
        .AddProjection(new Diaries(_poison)).AddProjection(new Shares(_poison)).AddProjection(new Counts(_poison))
        .Configure(o => o.Shards.Errors = new() { Apply = ErrorAction.Park });

    protected override async Task PlayAsync()
    {
        for (var n = Random.Next(30, 90); n > 0; n--)
            await StepAsync();
    }

    private async Task StepAsync()
    {
        var kind = Random.Next(20);
        Step = $"event {_log.Count}, kind {kind}";
        switch (kind)
        {
            case < Disturbances:
                await DisturbAsync(kind);
                break;
            case 3 or 4:
                foreach (var (_, amount) in _log.Where(_ => Random.Next(3) == 0))
                    _poison.Heal(amount);
                break;
            case 5 or 6 or 7:
                await CommandAsync(discards: Random.Next(3) == 0);
                break;
            default:
                await AppendAsync();
                break;
        }
    }

    private async Task AppendAsync()
    {
        var (stream, amount) = (Streams[Random.Next(Streams.Length)], (long)_log.Count + 1);
        if (Random.Next(5) == 0)
            _poison.Add(amount);
        var type = Accounts.Types.Of(typeof(Deposited));
        var id = new Guid((int)amount, 0, 0, BitConverter.GetBytes((long)Seed));
        await Data.Log.AppendAsync(
            [new("", stream, Slot.Of("", stream), ExpectedVersion.Any,
                [new(id, type.Name, type.Encode(new Deposited(amount)), null)])],
            CancellationToken.None);
        _log.Add((stream, amount));
    }

    // Some are waited for, others run into whatever comes next.
    private async Task CommandAsync(bool discards)
    {
        var letters = await Data.DeadLetters.ReadAsync(null, Position.Beginning, 10_000, CancellationToken.None);
        DeadLetter[] parked = [.. letters.Where(l => l.State == DeadLetterState.Parked)];
        if (parked.Length == 0)
            return;
        var letter = parked[Random.Next(parked.Length)];
        if (discards)
            _asked.Add((letter.Shard.Projection, letter.Position.Value));
        var daemon = AnyHost.Daemon;
        var command = Task.Run(() => SettleAsync(daemon, letter, discards));
        _commands.Add(command);
        if (Random.Next(3) > 0)
            await command;
    }

    private async Task SettleAsync(Daemon daemon, DeadLetter letter, bool discards)
    {
        try
        {
            await (discards
                ? daemon.DiscardDeadLetterAsync(letter.Shard.Projection, letter.Position)
                : daemon.RetryDeadLetterAsync(letter.Shard.Projection, letter.Position));
        }
        catch (Exception e) when (e is OutageException or FencedException or DeadLetterException or ShardStartException
            or OperationCanceledException or InvalidOperationException)
        {
            // Refused, or without an answer: the operator looks again.
        }
    }

    protected override async Task SettleAsync()
    {
        Step = "waiting for the commands";
        await Task.WhenAll(_commands).InTime();
        await CaughtUpAsync();
        foreach (var (_, amount) in _log)
            _poison.Heal(amount);
        while ((await Host.Daemon.ReadParkedStreamsAsync(countMax: 1000)) is { Count: > 0 } parked)
        {
            Step = $"retrying {parked.Count} streams";
            foreach (var stream in parked)
                await RejoinAsync(stream);
        }
    }

    private async Task RejoinAsync(ParkedStream stream)
    {
        try
        {
            (await Host.Daemon.RetryDeadLetterAsync(stream.Projection, stream.Position).InTime())
                .ShouldBe(new DeadLetterOutcome(stream.Waiting + 1, null), What("what is healed rejoins whole"));
            Retried++;
        }
        catch (FencedException)
        {
            // The shard learns only now that it was fenced earlier, and starts again.
        }
        catch (DeadLetterException e) when (e.Message.Contains("where", StringComparison.Ordinal))
        {
            // A daemon that was broken off counts as alive until its time has run out, and the shard may belong there meanwhile.
            await Task.Yield();
        }
    }

    protected override async Task CheckAsync()
    {
        var letters = await Host.Daemon.ReadDeadLettersAsync(countMax: 10_000);
        letters.ShouldAllBe(l => l.State == DeadLetterState.Discarded, What("only discarded letters are left"));
        letters.Select(l => (l.Shard.Projection, l.Position.Value)).ShouldBeSubsetOf(_asked, What("only what was asked for is discarded"));
        Discarded = letters.Count;
        foreach (var projection in Projections)
        {
            var discarded = letters.Where(l => l.Shard.Projection == projection).Select(l => l.Position.Value).ToHashSet();
            await CheckAsync(projection, [.. _log.Where(e => !discarded.Contains(e.Amount))]);
        }
    }

    // Positions in memory are dense, so that an event's amount is its position.
    private async Task CheckAsync(string projection, (string Stream, long Amount)[] kept)
    {
        if (projection == "Diaries")
        {
            foreach (var stream in Streams)
                ((await Host.Store.Documents<Diary>().FindAsync(stream))?.Amounts ?? "")
                    .ShouldBe(string.Concat(kept.Where(e => e.Stream == stream).Select(e => $"{e.Amount};")), What(stream));
            return;
        }

        for (var rest = 0; rest < 3; rest++)
        {
            var amounts = kept.Where(e => e.Amount % 3 == rest).Select(e => e.Amount).ToArray();
            if (projection == "Shares")
                (await Host.Store.Documents<Share>().FindAsync($"k{rest}") ?? new(0, 0))
                    .ShouldBe(new Share(amounts.Sum(), amounts.Length), What("shares"));
            else
                Data.ReadRows("counts").Where(r => r.Key == $"k{rest}").Sum(r => (long)r.Values["total"]!)
                    .ShouldBe(amounts.Sum(), What("counts"));
        }
    }
}
