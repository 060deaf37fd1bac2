using Tidemark.Client;
using Tidemark.Delivery;
using Tidemark.Protocol;
using Tidemark.Shards;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>Consumers over WebSocket whose tokens the server keeps.</summary>
public sealed class RemoteDeliveryTests
{
    private readonly InMemoryDatabases _databases = new();
    private readonly Received _received = new();

    [Fact]
    public async Task Consumer_receives_everything_once_and_in_order()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        await server.AppendAsync(0, 200, streams: 7);
        await using var consumer = _received.Start(server, "a", credit: 16);
        await server.AppendAsync(200, 100, streams: 7);
        await _received.CountAsync(300);

        _received.Numbers.ShouldBe(Enumerable.Range(0, 300));
    }

    [Fact]
    public async Task Consumer_goes_on_when_the_server_is_started_again()
    {
        var server = await DeliveryServer.StartAsync(_databases);
        var port = server.Port;
        await server.SubscribeAsync();
        await using var consumer = _received.Start(server, "a");
        await server.AppendAsync(0, 50);
        await _received.CountAsync(50);
        await server.DisposeAsync();
        await using var again = await DeliveryServer.StartAsync(_databases, port);
        await again.AppendAsync(50, 50);
        await _received.CountAsync(100);

        // The last delivery before the stop may come again, nothing else.
        _received.Numbers.Distinct().ShouldBe(Enumerable.Range(0, 100));
        consumer.Completion.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Without_a_consumer_the_shard_waits_and_goes_on_at_once_when_one_comes()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        await server.AppendAsync(0, 1);
        await Eventually.TrueAsync(
            () => server.Daemon.Status().Shards is [{ State: ShardState.Paused, Error.Exception: NoConsumerException }],
            () => "it shows that it waits");
        await using var consumer = _received.Start(server, "a");

        // Without being woken it would wait for a minute.
        await Eventually.TrueAsync(() => _received.All.Count == 1, () => "it is received", TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Members_share_the_partitions_and_keep_the_order_of_streams_while_they_come_and_go()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync(partitions: 8, batch: 5);
        await using var first = _received.Start(server, "a");
        await server.AppendAsync(0, 100, streams: 40);
        var second = _received.Start(server, "b");
        await Eventually.TrueAsync(() => second.IsConnected, "it is connected");
        await server.AppendAsync(100, 200, streams: 40);
        await _received.CountAsync(300);
        _received.All.Select(a => a.Member).Distinct().Order().ShouldBe(["a", "b"]);
        await second.DisposeAsync();
        await server.AppendAsync(300, 100, streams: 40);
        await Eventually.TrueAsync(() => _received.Numbers.Distinct().Count() == 400, () => "all are received");

        foreach (var stream in _received.All.GroupBy(a => a.Stream))
            stream.Select(a => a.Number).Distinct().ShouldBe(stream.Select(a => a.Number).Distinct().Order(), stream.Key);
    }

    [Fact]
    public async Task Hanging_member_does_not_hold_up_the_others()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync(partitions: 4, batch: 5);
        await using var hanging = TidemarkConsumer.Start(Received.OptionsOf(server.Url, "hangs"), async (_, ct) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            return ConsumerOutcome.Done;
        });
        await Eventually.TrueAsync(() => hanging.IsConnected, "it is connected");
        await using var works = _received.Start(server, "works");
        await Eventually.TrueAsync(() => works.IsConnected, "it is connected");
        await server.AppendAsync(0, 200, streams: 100);

        // Half of the partitions are its own: those get everything.
        await Eventually.TrueAsync(() => _received.All.Count > 50, () => $"{_received.All.Count} are received");
        await hanging.DisposeAsync();
        await _received.CountAsync(200);
        _received.Numbers.Order().ShouldBe(Enumerable.Range(0, 200));
    }

    [Fact]
    public async Task Consumer_of_what_is_not_there_is_refused_and_gives_up()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await using var consumer = _received.Start(server, "a");

        var error = await Should.ThrowAsync<ConnectionRefusedException>(() => consumer.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        error.Code.ShouldBe(ErrorCode.UnknownSubscription);
    }

    [Fact]
    public async Task Consumer_that_keeps_tokens_otherwise_than_the_subscription_says_is_refused()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync(ownTokens: true);
        await using var consumer = _received.Start(server, "a");

        var error = await Should.ThrowAsync<ConnectionRefusedException>(() => consumer.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        error.Code.ShouldBe(ErrorCode.WrongTokens);
    }

    [Fact]
    public async Task Newer_connection_of_a_member_replaces_the_older_one()
    {
        await using var server = await DeliveryServer.StartAsync(_databases);
        await server.SubscribeAsync();
        await using var older = _received.Start(server, "a");
        await Eventually.TrueAsync(() => older.IsConnected, "it is connected");
        await using var newer = _received.Start(server, "a");

        var error = await Should.ThrowAsync<ConnectionRefusedException>(() => older.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        error.Code.ShouldBe(ErrorCode.Replaced);
        await server.AppendAsync(0, 3);
        await _received.CountAsync(3);
    }
}
