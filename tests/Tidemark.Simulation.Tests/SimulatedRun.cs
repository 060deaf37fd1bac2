using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Hosting;
using Tidemark.Shards;
using Tidemark.Simulation.Tests.Faults;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Simulation.Tests;

/// <summary>
/// One run, settled by its seed: one or two nodes on a store whose calls fail, under a clock that runs as fast as there is something to
/// wait for. What happens, and what must hold in the end, is up to its kind.
/// </summary>
internal abstract class SimulatedRun : IAsyncDisposable
{
    /// <summary>How many kinds of <see cref="DisturbAsync">disturbances</see> there are.</summary>
    protected const int Disturbances = 3;

    private readonly ManualClock _clock = new();
    private TidemarkHost? _other;

    protected SimulatedRun(int seed, int afterPercentMax, int slowPercentMax)
    {
        Seed = seed;
        Random = new Random(seed);
        Plan = new FaultPlan(seed, _clock)
        {
            BeforePercent = Random.Next(12),
            AfterPercent = Random.Next(afterPercentMax),
            SlowPercent = Random.Next(slowPercentMax),
        };
        Data = new(new("main", _clock, new(), NullLoggerFactory.Instance));
    }

    /// <summary>What it is doing, and how the shards stand; for a run that comes to no end.</summary>
    public string Where => $"{Step}; mark {Host.Daemon.Status().Mark}; " + string.Join("; ", Host.Daemon.Status().Shards.Select(s =>
        $"{s.Shard} {s.State} at {s.Position} ({s.Error?.Category}, {s.Error?.Attempts} tries: {s.Error?.Exception.Message})"));

    protected ManualClock Clock => _clock;

    protected int Seed { get; }

    protected Random Random { get; }

    protected FaultPlan Plan { get; }

    /// <summary>The store itself, past the faults.</summary>
    protected InMemoryStorage Data { get; }

    /// <summary>What it is doing.</summary>
    protected string Step { get; set => Volatile.Write(ref field, value); } = "start";

    protected TidemarkHost Host { get; private set; } = null!;

    /// <summary>One of the nodes that run.</summary>
    protected TidemarkHost AnyHost => _other is { } other && Random.Next(2) == 0 ? other : Host;

    public async Task RunAsync()
    {
        using var end = new CancellationTokenSource();
        var pump = Task.Run(() => PumpAsync(end.Token));
        try
        {
            Host = await OpenAsync();
            await PlayAsync();
            if (_other is not null)
                await TakeOverAsync();
            Plan.Enabled = false;
            await SettleAsync();
            await CheckAsync();
        }
        finally
        {
            Plan.Enabled = false;
            await Host.DisposeAsync();
            if (_other is not null)
                await _other.DisposeAsync();
            await end.CancelAsync();
            await pump;
        }
    }

    public ValueTask DisposeAsync() => Data.DisposeAsync();

    /// <summary>What a node is made of, beside the bank's events and the store.</summary>
    protected abstract void Build(TidemarkBuilder node);

    /// <summary>What happens.</summary>
    protected abstract Task PlayAsync();

    /// <summary>Waits until there is nothing left to do; nothing fails any more, and one node is left.</summary>
    protected abstract Task SettleAsync();

    /// <summary>What must hold in the end.</summary>
    protected abstract Task CheckAsync();

    /// <summary>Something happens to the nodes.</summary>
    /// <param name="kind">What: 0 to <see cref="Disturbances"/> - 1.</param>
    protected Task DisturbAsync(int kind) => kind switch
    {
        0 => RestartDaemonAsync(abort: Random.Next(2) == 0),
        1 => FenceAsync(),
        _ => TakeOverAsync(),
    };

    /// <summary>A second node works on the same shards, until one of the two goes: the fence lets one of them through at a time.</summary>
    protected async Task TakeOverAsync()
    {
        if (_other is null)
        {
            _other = await OpenAsync();
            return;
        }

        (var leaving, Host, _other) = Random.Next(2) == 0 ? (Host, _other, null) : (_other, Host, (TidemarkHost?)null);
        await leaving.DisposeAsync();
    }

    /// <summary>The process ends in order and starts again.</summary>
    protected async Task ReopenAsync()
    {
        await Host.DisposeAsync();
        Host = await OpenAsync();
    }

    protected async Task RestartDaemonAsync(bool abort)
    {
        await Host.Daemon.StopAsync(new CancellationToken(abort));
        while (!Host.Daemon.IsRunning)
        {
            try
            {
                await Host.Daemon.StartAsync();
            }
            catch (OutageException)
            {
                // The database was away for longer than the retries; the operator starts it again.
            }
        }
    }

    /// <summary>A shard's owner is fenced, as by another one that does nothing else.</summary>
    protected async Task FenceAsync()
    {
        var checkpoints = await Data.Checkpoints.ReadAllAsync(CancellationToken.None);
        if (checkpoints.Count > 0)
            await Data.Checkpoints.OpenAsync(checkpoints[Random.Next(checkpoints.Count)].Shard, null, CancellationToken.None);
    }

    protected async Task CaughtUpAsync()
    {
        Step = "waiting to be caught up";
        while (true)
        {
            try
            {
                await Host.Daemon.WaitForCaughtUpAsync(TimeSpan.FromDays(40)).InTime();
                return;
            }
            catch (ShardPausedException e)
            {
                Host.Daemon.Resume(e.Shard.Projection);
            }
        }
    }

    protected string What(string what) => $"{what} (TIDEMARK_SEED={Seed})";

    private async Task<TidemarkHost> OpenAsync()
    {
        Plan.Enabled = false;
        var host = await TidemarkHost.StartAsync(t =>
        {
            t.Services.AddSingleton<TimeProvider>(_clock);
            t.Events(e => Accounts.Register(e)).UseStorage(context => new FaultyStorage(Data.OpenAgain(context), Plan), embedded: true)
                .Configure(o =>
                {
                    o.Pulling.PageEventsMax = Random.Next(1, 20);
                    o.Shards.CommitEventsMax = Random.Next(1, 40);
                });
            Build(t);
        });
        Plan.Enabled = true;
        return host;
    }

    // Time runs as fast as there is something to wait for, in steps: a far timer is not all there is while others are about to be set.
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
