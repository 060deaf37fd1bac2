using Microsoft.Extensions.DependencyInjection;
using Tidemark.Client;
using Tidemark.Hosting;
using Tidemark.Protocol;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>Two nodes of one store: one of them runs the shards of a subscription, and consumers connect to either.</summary>
public sealed class MovedTests
{
    private readonly InMemoryDatabases _databases = new();
    private readonly Received _received = new();

    [Fact]
    public async Task Consumer_is_sent_to_the_node_that_delivers_and_comes_back_when_that_one_ends()
    {
        var (one, other) = await StartAsync();
        await using var bystander = one.Daemon.Status().Shards.Count == 0 ? one : other;
        await using var owner = bystander == one ? other : one;
        await using var consumer = _received.Start(bystander, "a");
        await bystander.AppendAsync(0, 20, streams: 5);
        await _received.CountAsync(20);
        bystander.Daemon.Status().Shards.ShouldBeEmpty();
        owner.Daemon.Status().Shards.Count.ShouldBe(2);

        await owner.DisposeAsync();
        await bystander.AppendAsync(20, 20, streams: 5);
        await Eventually.TrueAsync(
            () => _received.Numbers.Distinct().Count() == 40, () => $"{_received.All.Count}", TimeSpan.FromSeconds(30));
        bystander.Daemon.Status().Shards.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Node_that_knows_no_address_of_the_owner_names_it()
    {
        var (one, other) = await StartAsync(withUrls: false);
        await using var bystander = one.Daemon.Status().Shards.Count == 0 ? one : other;
        await using var owner = bystander == one ? other : one;
        using var client = await RawClient.ConnectAsync(bystander);
        await client.SendAsync(RawClient.Hello);

        (await client.EndAsync()).ShouldBe(ErrorCode.Moved);
        client.LastMessage!.ShouldContain(bystander == one ? "node-b" : "node-a");
    }

    private async Task<(DeliveryServer One, DeliveryServer Other)> StartAsync(bool withUrls = true)
    {
        var one = await StartAsync("node-a");
        var other = await StartAsync("node-b");
        if (withUrls)
        {
            one.Options.NodeUrls["node-b"] = other.Url.ToString();
            other.Options.NodeUrls["node-a"] = one.Url.ToString();
        }

        await one.SubscribeAsync(partitions: 2);
        await Eventually.TrueAsync(
            () => one.Daemon.Status().Shards.Count + other.Daemon.Status().Shards.Count == 2, "the shards run", TimeSpan.FromSeconds(30));
        await Eventually.TrueAsync(() => KnowsOwners(one) && KnowsOwners(other), "both know who runs them");
        return (one, other);
    }

    private static bool KnowsOwners(DeliveryServer server)
    {
        var book = server.Daemon.Node!.Book;
        return book.Shards.Count == 2 && book.Shards.Values.All(l => book.OwnerOf(l) is not null);
    }

    private Task<DeliveryServer> StartAsync(string name) => DeliveryServer.StartAsync(
        _databases,
        services: s => s.Configure<TidemarkOptions>(o =>
        {
            o.Node.Name = name;
            o.Node.Tick = TimeSpan.FromMilliseconds(200);
            o.Node.TimeToLive = TimeSpan.FromSeconds(2);
        }));
}
