using Microsoft.Extensions.Logging.Abstractions;
using Tidemark.Checkpoints;
using Tidemark.Control;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Resilience;
using Tidemark.Storage;
using Tidemark.Testing;
using Tidemark.Tests.Fixtures;

namespace Tidemark.Tests.Control;

public sealed class ClusterStatusTests : IAsyncDisposable
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(10);
    private static readonly ShardName Orders = new("Orders", 1, SlotRange.All, "main");
    private static readonly ShardName Bills = new("Bills", 2, SlotRange.All, "main");

    private readonly ManualClock _clock = new();
    private readonly InMemoryStorage _storage;
    private readonly StatusReader _reader;

    public ClusterStatusTests()
    {
        _storage = new InMemoryStorage(new StorageContext("main", _clock, new PipelineOptions(), NullLoggerFactory.Instance));
        IReadOnlyList<StatusSource> sources = [new("main", true, _storage.Checkpoints, _storage.HighWater, _storage.Log)];
        _reader = new StatusReader(_storage.Leases, _ => new(sources), _clock);
    }

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    [Fact]
    public async Task Status_of_a_running_cluster_is_seen_by_a_process_without_its_projections()
    {
        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>().Configure(o => o.Node.Name = "one"));
        await bank.AppendAsync(new Happening("", "a", new Opened("A")), new Happening("", "a", new Deposited(5)));
        await bank.CaughtUpAsync();
        await using var tool = await BankHost.StartAsync(_ => { }, former: bank);

        var status = await tool.Host.Control.ReadStatusAsync();

        var node = status.Nodes.ShouldHaveSingleItem();
        (node.Name, node.State, node.Shards).ShouldBe(("one", ClusterNode.Active, 1));
        node.ExpiresAt.ShouldBeGreaterThan(status.Now);
        var shard = status.Shards.ShouldHaveSingleItem();
        shard.Shard.ToString().ShouldBe("Balances:g1:0-1023@main");
        (shard.State, shard.Owner, shard.OwnerId).ShouldBe((ClusterShard.Running, "one", node.Id));
        (shard.Position, shard.Gap, shard.Lag, shard.Rate).ShouldBe((new Position(2), 0L, TimeSpan.Zero, null));
        (shard.Problem, shard.Reason).ShouldBe((null, null));
        shard.Epoch.Value.ShouldBeGreaterThan(0);
        (status.Mark, status.Last).ShouldBe((new Position(2), new Position(2)));
    }

    [Fact]
    public async Task Gap_lag_and_rate_follow_from_checkpoint_log_and_clock()
    {
        var node = await JoinAsync("one", Orders);
        for (var i = 1; i <= 4; i++)
        {
            await _storage.Log.AppendAsync([Make.Append("a", Make.Event(i))], CancellationToken.None);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        var first = (await _reader.ReadAsync(CancellationToken.None)).Shards.Single(s => s.Shard == Orders);
        (first.Position, first.Gap, first.Lag, first.Rate).ShouldBe((Position.Beginning, 4L, TimeSpan.FromSeconds(4), null));

        var opened = await _storage.Checkpoints.OpenAsync(Orders, first.Epoch, CancellationToken.None);
        await _storage.Checkpoints.MoveAsync(
            new CheckpointMove(Orders, opened.Epoch, opened.Position, new(3), null, default), CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await BeatAsync(node);
        var second = (await _reader.ReadAsync(CancellationToken.None)).Shards.Single(s => s.Shard == Orders);

        (second.Position, second.Gap, second.Lag, second.Rate).ShouldBe((new Position(3), 1L, TimeSpan.FromSeconds(3), 1.5));
    }

    [Fact]
    public async Task Shard_that_no_node_can_run_says_so()
    {
        await JoinAsync("one", Orders, Lease(Bills));

        var shard = (await _reader.ReadAsync(CancellationToken.None)).Shards.Single(s => s.Shard == Bills);

        (shard.State, shard.Owner, shard.Reason).ShouldBe((ClusterShard.Unowned, null, "no node can run Bills v1"));
    }

    [Fact]
    public async Task Shard_of_a_dead_node_waits_for_the_one_that_is_to_take_it()
    {
        await JoinAsync("one", Orders);
        _clock.Advance(TimeToLive);
        await BeatAsync(NewNode("two"));

        var status = await _reader.ReadAsync(CancellationToken.None);

        status.Nodes.Select(n => (n.Name, n.State, n.Shards)).ShouldBe([("one", ClusterNode.Expired, 1), ("two", ClusterNode.Active, 0)]);
        var shard = status.Shards.ShouldHaveSingleItem();
        (shard.State, shard.Owner).ShouldBe((ClusterShard.Unowned, null));
        shard.Reason.ShouldBe("node one is no longer alive; node two is to take it");
    }

    [Fact]
    public async Task Shard_that_is_to_move_drains()
    {
        var one = await JoinAsync("one", Orders);
        await BeatAsync(NewNode("two"));
        await BeatAsync(one with { State = NodeState.Draining });

        var status = await _reader.ReadAsync(CancellationToken.None);

        status.Nodes[0].State.ShouldBe(ClusterNode.Draining);
        var shard = status.Shards.ShouldHaveSingleItem();
        (shard.State, shard.Owner, shard.Reason).ShouldBe((ClusterShard.Draining, "one", "it moves to node two"));
    }

    [Fact]
    public async Task Pauses_show_who_made_them_and_what_comes_next()
    {
        var node = await JoinAsync("one", Orders);
        var problem = new ShardProblem("Apply", "This amount is not allowed.", _clock.GetUtcNow().AddSeconds(30));
        await _storage.Leases.TickAsync(
            new LeaseTick(node, TimeToLive, 0) { Report = [new(Orders, problem)] }, CancellationToken.None);

        var shard = (await _reader.ReadAsync(CancellationToken.None)).Shards.ShouldHaveSingleItem();
        (shard.State, shard.Problem).ShouldBe((ClusterShard.PausedAfterError, problem));

        await using var bank = await BankHost.StartAsync(t => t.AddProjection<Balances>());
        await bank.CaughtUpAsync();
        await bank.Host.Control.PauseAsync("Balances");
        var paused = (await bank.Host.Control.ReadStatusAsync()).Shards.ShouldHaveSingleItem();
        paused.State.ShouldBeOneOf(ClusterShard.PausedByOperator, ClusterShard.Draining);
    }

    private static ShardLease Lease(ShardName shard) => new(shard, null, 1, LeaseState.Wanted, null, default, null, null);

    private static Node NewNode(string name) => new(
        Guid.CreateVersion7(), name, "host", 1, DateTimeOffset.UnixEpoch, NodeState.Active, 100, null, [new("Orders", 1)], default,
        default);

    // Joins, registers shards and claims the first.
    private async Task<Node> JoinAsync(string name, ShardName claimed, params ShardLease[] others)
    {
        var node = NewNode(name);
        await _storage.Leases.TickAsync(
            new LeaseTick(node, TimeToLive, 0) { Register = [Lease(claimed), .. others] }, CancellationToken.None);
        await _storage.Leases.TickAsync(new LeaseTick(node, TimeToLive, 0) { Claim = [claimed] }, CancellationToken.None);
        return node;
    }

    private async Task BeatAsync(Node node) =>
        await _storage.Leases.TickAsync(new LeaseTick(node, TimeToLive, 0), CancellationToken.None);
}
