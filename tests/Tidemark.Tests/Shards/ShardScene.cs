using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Pulling;
using Tidemark.Shards;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Shards;

/// <summary>A shard agent between a log and a consumer that a test writes, on a clock that it moves.</summary>
internal sealed class ShardScene : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenSource _end = new();
    private Task _run = Task.CompletedTask;
    private Task _highWater = Task.CompletedTask;

    public ShardScene(PullingOptions? pulling = null)
    {
        World = new(pulling);
        Throttle = new(Options, Clock);
    }

    public PullingWorld World { get; }

    public ScriptedConsumer Consumer { get; init; } = new();

    public ShardOptions Options { get; } = new();

    public ErrorOptions Errors { get; init; } = new();

    public ManualClock Clock => World.Clock;

    public ShardAgent Agent { get; private set; } = null!;

    /// <summary>Whether it builds a generation.</summary>
    public bool Builds { get; init; }

    /// <summary>Between it and what a test makes the others do.</summary>
    public RebuildThrottle Throttle { get; }

    public List<ShardState> States { get; } = [];

    /// <summary>Starts the agent. With the loop of the mark when its polls matter.</summary>
    public ShardScene Start(bool withHighWaterLoop = false)
    {
        var runtime = new ShardRuntime(
            World.Agent, World.HighWater, Options, World.Pipelines, AwayException.Is, Clock, new Random(1), NullLogger.Instance)
        {
            SeveralTenants = World.SeveralTenants,
            Throttle = Throttle,
        };
        Agent = new(new("Totals", 1, SlotRange.All, "main"), Consumer, Errors, runtime) { IsBuilding = Builds };
        _run = Task.Run(() => Agent.RunAsync(_stop.Token, _abort.Token));
        if (withHighWaterLoop)
            _highWater = Task.Run(() => World.HighWater.RunAsync(_end.Token));
        return this;
    }

    public Task UntilAsync(Func<ShardStatus, bool> condition) => ShardWaits.UntilAsync(Agent, condition, CancellationToken.None).InTime();

    public Task UntilPositionAsync(long position) => UntilAsync(s => s.Position.Value >= position);

    public Task UntilStateAsync(ShardState state) => UntilAsync(s => s.State == state);

    /// <summary>Moves the clock from timer to timer until the shard is so.</summary>
    public Task RunUntilAsync(Func<ShardStatus, bool> condition) =>
        Clock.RunAsync(ShardWaits.UntilAsync(Agent, condition, CancellationToken.None));

    public async Task StopAsync(bool abort = false)
    {
        await _stop.CancelAsync();
        if (abort)
            await _abort.CancelAsync();
        await _run.InTime();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(abort: true);
        await _end.CancelAsync();
        await _highWater.InTime();
        await World.DisposeAsync();
        _stop.Dispose();
        _abort.Dispose();
        _end.Dispose();
    }
}
