using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Shards;
using Tidemark.Simulation.Tests.Faults;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>
/// One run with streams that are parked: poison comes and is healed, letters are retried and discarded, daemons are restarted, fenced and
/// taken over, calls fail. In the end every event took effect once, in the order of its stream, but for those discarded.
/// </summary>
internal sealed class ParkSimulation : IAsyncDisposable
{
    private static readonly string[] Projections = ["Diaries", "Shares", "Counts"];
    private static readonly string[] Streams = ["a", "b", "c", "d"];

    private readonly int _seed;
    private readonly Random _random;
    private readonly ManualClock _clock = new();
    private readonly FaultPlan _plan;
    private readonly InMemoryStorage _data;
    private readonly Poison _poison = new();
    private readonly List<(string Stream, long Amount)> _log = [];
    private readonly HashSet<(string Projection, long Position)> _asked = [];
    private readonly List<Task> _commands = [];
    private volatile string _step = "start";
    private TidemarkHost _host = null!;
    private TidemarkHost? _other;

    public ParkSimulation(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _plan = new FaultPlan(seed, _clock)
        {
            BeforePercent = _random.Next(12),
            AfterPercent = _random.Next(12),
            SlowPercent = _random.Next(10),
        };
        _data = new(new("main", _clock, new(), NullLoggerFactory.Instance));
    }

    public string Where => $"{_step}; " + string.Join("; ", _host.Daemon.Status().Shards.Select(s =>
        $"{s.Shard} {s.State} at {s.Position} ({s.Error?.Exception.Message})"));

    public int Discarded { get; private set; }

    public int Retried { get; private set; }

    public async Task RunAsync()
    {
        using var end = new CancellationTokenSource();
        var pump = Task.Run(() => PumpAsync(end.Token));
        try
        {
            _host = await OpenAsync();
            for (var n = _random.Next(30, 90); n > 0; n--)
                await StepAsync();
            await SettleAsync();
            await CheckAsync();
        }
        finally
        {
            _plan.Enabled = false;
            await _host.DisposeAsync();
            if (_other is not null)
                await _other.DisposeAsync();
            await end.CancelAsync();
            await pump;
        }
    }

    public ValueTask DisposeAsync() => _data.DisposeAsync();

    private async Task<TidemarkHost> OpenAsync()
    {
        _plan.Enabled = false;
        var host = await TidemarkHost.StartAsync(t =>
        {
            t.Services.AddSingleton<TimeProvider>(_clock);
            t.Events(e => Accounts.Register(e)).UseStorage(context => new FaultyStorage(_data.OpenAgain(context), _plan), embedded: true)
                .AddProjection(new Diaries(_poison)).AddProjection(new Shares(_poison)).AddProjection(new Counts(_poison))
                .Configure(o =>
                {
                    o.Pulling.PageEventsMax = _random.Next(1, 20);
                    o.Shards.CommitEventsMax = _random.Next(1, 40);
                    o.Shards.Errors = new() { Apply = ErrorAction.Park };
                });
        });
        _plan.Enabled = true;
        return host;
    }

    private async Task StepAsync()
    {
        var kind = _random.Next(20);
        _step = $"event {_log.Count}, kind {kind}";
        switch (kind)
        {
            case 0:
                await RestartAsync();
                break;
            case 1:
                var checkpoints = await _data.Checkpoints.ReadAllAsync(CancellationToken.None);
                if (checkpoints.Count > 0)
                    await _data.Checkpoints.OpenAsync(checkpoints[_random.Next(checkpoints.Count)].Shard, null, CancellationToken.None);
                break;
            case 2:
                await TakeOverAsync();
                break;
            case 3 or 4:
                foreach (var (_, amount) in _log.Where(_ => _random.Next(3) == 0))
                    _poison.Heal(amount);
                break;
            case 5 or 6 or 7:
                await CommandAsync(discards: _random.Next(3) == 0);
                break;
            default:
                await AppendAsync();
                break;
        }
    }

    private async Task AppendAsync()
    {
        var (stream, amount) = (Streams[_random.Next(Streams.Length)], (long)_log.Count + 1);
        if (_random.Next(5) == 0)
            _poison.Add(amount);
        var type = Accounts.Types.Of(typeof(Deposited));
        var id = new Guid((int)amount, 0, 0, BitConverter.GetBytes((long)_seed));
        await _data.Log.AppendAsync(
            [new("", stream, Slot.Of("", stream), ExpectedVersion.Any,
                [new(id, type.Name, type.Encode(new Deposited(amount)), null)])],
            CancellationToken.None);
        _log.Add((stream, amount));
    }

    // Some are waited for, others run into whatever comes next.
    private async Task CommandAsync(bool discards)
    {
        var letters = await _data.DeadLetters.ReadAsync(null, Position.Beginning, 10_000, CancellationToken.None);
        DeadLetter[] parked = [.. letters.Where(l => l.State == DeadLetterState.Parked)];
        if (parked.Length == 0)
            return;
        var letter = parked[_random.Next(parked.Length)];
        if (discards)
            _asked.Add((letter.Shard.Projection, letter.Position.Value));
        var daemon = (_other is { } other && _random.Next(2) == 0 ? other : _host).Daemon;
        var command = Task.Run(() => SettleAsync(daemon, letter, discards));
        _commands.Add(command);
        if (_random.Next(3) > 0)
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

    private async Task RestartAsync()
    {
        await _host.Daemon.StopAsync(new CancellationToken(_random.Next(2) == 0));
        while (!_host.Daemon.IsRunning)
        {
            try
            {
                await _host.Daemon.StartAsync();
            }
            catch (OutageException)
            {
                // Away for longer than the retries; the operator starts it again.
            }
        }
    }

    private async Task TakeOverAsync()
    {
        if (_other is null)
        {
            _other = await OpenAsync();
            return;
        }

        (var leaving, _host, _other) = _random.Next(2) == 0 ? (_host, _other, null) : (_other, _host, (TidemarkHost?)null);
        await leaving.DisposeAsync();
    }

    private async Task SettleAsync()
    {
        if (_other is not null)
            await TakeOverAsync();
        _plan.Enabled = false;
        _step = "waiting for the commands";
        await Task.WhenAll(_commands).InTime();
        _step = "waiting to be caught up";
        await CaughtUpAsync();
        foreach (var (_, amount) in _log)
            _poison.Heal(amount);
        while ((await _host.Daemon.ReadParkedStreamsAsync(countMax: 1000)) is { Count: > 0 } parked)
        {
            _step = $"retrying {parked.Count} streams";
            foreach (var stream in parked)
                await RejoinAsync(stream);
        }
    }

    private async Task RejoinAsync(ParkedStream stream)
    {
        try
        {
            (await _host.Daemon.RetryDeadLetterAsync(stream.Projection, stream.Position).InTime())
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

    private async Task CaughtUpAsync()
    {
        while (true)
        {
            try
            {
                await _host.Daemon.WaitForCaughtUpAsync(TimeSpan.FromDays(40)).InTime();
                return;
            }
            catch (ShardPausedException e)
            {
                _host.Daemon.Resume(e.Shard.Projection);
            }
        }
    }

    private async Task CheckAsync()
    {
        var letters = await _host.Daemon.ReadDeadLettersAsync(countMax: 10_000);
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
                ((await _host.Store.Documents<Diary>().FindAsync(stream))?.Amounts ?? "")
                    .ShouldBe(string.Concat(kept.Where(e => e.Stream == stream).Select(e => $"{e.Amount};")), What(stream));
            return;
        }

        for (var rest = 0; rest < 3; rest++)
        {
            var amounts = kept.Where(e => e.Amount % 3 == rest).Select(e => e.Amount).ToArray();
            if (projection == "Shares")
                (await _host.Store.Documents<Share>().FindAsync($"k{rest}") ?? new(0, 0))
                    .ShouldBe(new Share(amounts.Sum(), amounts.Length), What("shares"));
            else
                _data.ReadRows("counts").Where(r => r.Key == $"k{rest}").Sum(r => (long)r.Values["total"]!)
                    .ShouldBe(amounts.Sum(), What("counts"));
        }
    }

    private string What(string what) => $"{what} (TIDEMARK_SEED={_seed})";

    private async Task PumpAsync(CancellationToken end)
    {
        var step = TimeSpan.FromSeconds(10);
        while (!end.IsCancellationRequested)
        {
            await _clock.WaitForTimersAsync(1, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var i = 0; i < 3; i++)
                await Task.Yield();
            var wait = (_clock.NextTimer ?? _clock.GetUtcNow()) - _clock.GetUtcNow();
            _clock.Advance(TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, step.Ticks)));
        }
    }
}
