using System.Net;
using Tidemark.Shards;
using Tidemark.Testing;

namespace Tidemark.Webhooks.Tests;

/// <summary>Calls go to the public internet, unless an application says otherwise.</summary>
public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void Address_of_no_public_network_is_refused(string address) => AddressGuard.IsPublic(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("93.184.216.34")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4001:80b::200e")]
    public void Public_address_is_let_through(string address) => AddressGuard.IsPublic(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task This_machine_is_refused_by_name_and_by_address(string host)
    {
        var guard = new AddressGuard(allowsPrivate: false);

        (await Should.ThrowAsync<WebhookAddressException>(async () => await guard.ResolveAsync(host, isPlain: false, default)))
            .Message.ShouldContain("AllowPrivateNetworks");
    }

    [Fact]
    public async Task Of_several_addresses_the_public_ones_are_taken()
    {
        var guard = Guard(false, "10.0.0.1", "93.184.216.34", "fd00::1", "2606:4700:4700::1111");

        (await guard.ResolveAsync("hooks.example", isPlain: false, default)).Select(a => a.ToString())
            .ShouldBe(["93.184.216.34", "2606:4700:4700::1111"]);
    }

    [Fact]
    public async Task Without_TLS_only_this_machine_is_called()
    {
        var guard = Guard(true, "93.184.216.34", "10.0.0.1");
        (await Should.ThrowAsync<WebhookAddressException>(async () => await guard.ResolveAsync("hooks.example", isPlain: true, default)))
            .Message.ShouldContain("https");

        (await Guard(true, "127.0.0.1").ResolveAsync("localhost", isPlain: true, default)).ShouldHaveSingleItem();
        (await guard.ResolveAsync("hooks.example", isPlain: false, default)).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Name_that_turns_to_this_machine_is_looked_at_for_each_connection()
    {
        await using var receiver = await Receiver.StartAsync();
        using var handler = WebhookConnections.MakeHandler(Guard(false, "127.0.0.1"));
        using var client = new HttpClient(handler);

        var error = await Should.ThrowAsync<HttpRequestException>(
            () => client.PostAsync(new Uri($"http://rebound.example:{receiver.Port}/hook"), new StringContent("{}")));

        error.InnerException.ShouldBeOfType<WebhookAddressException>();
        receiver.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Subscription_to_a_private_address_waits_and_says_why()
    {
        await using var receiver = await Receiver.StartAsync();
        var databases = new InMemoryDatabases();
        await using (var sender = await Sender.StartAsync(databases, o => o.AllowPrivateNetworks = false))
        {
            await sender.SubscribeAsync(receiver.Url, Sender.Quick with { AttemptsMax = 1 });
            await sender.AppendAsync(1, 1);
            await sender.UntilAsync(
                e => e.Category == ErrorCategory.Delivery && e.Exception.Message.Contains("AllowPrivateNetworks", StringComparison.Ordinal),
                "it waits");
            (await sender.Host.Subscriptions.ReadFailuresAsync()).ShouldBeEmpty();
        }

        receiver.Calls.ShouldBeEmpty();
        await using var allowed = await Sender.StartAsync(databases);
        await receiver.AcceptedAsync(1);
    }

    private static AddressGuard Guard(bool allowsPrivate, params string[] addresses) =>
        new(allowsPrivate, (_, _) => Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)]));
}
