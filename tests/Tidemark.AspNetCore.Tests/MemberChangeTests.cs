using Tidemark.Client;
using Tidemark.Delivery;
using Tidemark.Shards;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>Members that come and go while nothing is appended, or while others are at work.</summary>
public sealed class MemberChangeTests
{
    private readonly InMemoryDatabases _databases = new();
    private readonly Received _received = new();

    [Fact]
    public async Task Idle_shard_shows_that_its_last_member_left_and_goes_on_at_once_with_the_next_one()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        await server.AppendAsync(0, 1);
        var first = _received.Start(server, "a");
        await _received.CountAsync(1);
        await Eventually.TrueAsync(() => server.Daemon.Status().Shards is [{ State: ShardState.Live }], () => "it is live");
        await first.DisposeAsync();
        await Eventually.TrueAsync(
            () => server.Daemon.Status().Shards is [{ State: ShardState.Paused, Error.Exception: NoConsumerException }],
            () => "it shows that it waits");
        await using var second = _received.Start(server, "b");
        await Eventually.TrueAsync(() => server.Daemon.Status().Shards is [{ State: ShardState.Live }], () => "it is live");
        await server.AppendAsync(1, 1);
        await _received.CountAsync(2);

        _received.Numbers.ShouldBe([0, 1]);
    }

    [Fact]
    public async Task Idle_partitions_move_to_a_new_member_at_once()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync(partitions: 6, ownTokens: true);
        var (first, second) = (new AskedPartitions(), new AskedPartitions());
        await using var one = first.Start(server, "a");
        await Eventually.TrueAsync(() => first.Count == 6, () => $"{first.Count} were asked");
        await using var other = second.Start(server, "b");

        // Nothing was appended, and the next state sync is far.
        await Eventually.TrueAsync(() => second.Count == 3, () => $"{second.Count} were asked", TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Connected_client_that_is_idle_stays_connected()
    {
        await using var server = await DeliveryServer.StartAsync(
            _databases, configure: o => o.Heartbeat = TimeSpan.FromMilliseconds(50));
        await server.SubscribeAsync();
        var (connects, lost) = (0, 0);
        await using var consumer = TidemarkConsumer.Start(
            Received.OptionsOf(server.Url, "a") with { Configure = _ => connects++ },
            (_, _) => new(ConsumerOutcome.Done));
        await Eventually.TrueAsync(() => consumer.IsConnected, "it is connected");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        for (var beats = 0; beats < 10 && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken); beats++)
            lost += consumer.IsConnected ? 0 : 1;

        (connects, lost).ShouldBe((1, 0));
    }

    /// <summary>Partitions that a consumer was asked about.</summary>
    private sealed class AskedPartitions : ITokenStore
    {
        private readonly HashSet<string> _partitions = [];

        public int Count
        {
            get
            {
                lock (_partitions)
                    return _partitions.Count;
            }
        }

        public TidemarkConsumer Start(DeliveryServer server, string member) => TidemarkConsumer.Start(
            Received.OptionsOf(server.Url, member), (_, _) => new(ConsumerOutcome.Done), this);

        public ValueTask<Protocol.WireToken?> ReadAsync(ConsumerPartition partition, CancellationToken cancellationToken)
        {
            lock (_partitions)
                _partitions.Add(partition.Partition);
            return default;
        }
    }
}
