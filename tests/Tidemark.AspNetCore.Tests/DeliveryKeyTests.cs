using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tidemark.Client;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Protocol;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>Consumers that connect with keys.</summary>
public sealed class DeliveryKeyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly InMemoryDatabases _databases = new();
    private readonly Received _received = new();

    [Fact]
    public async Task Key_for_the_subscription_opens_it()
    {
        await using var server = await StartAsync();
        var key = await server.Keys.CreateAsync("a", new() { Subscriptions = ["other", DeliveryServer.Subscription] });
        await using var consumer = Start(server, key.Text);
        await server.AppendAsync(0, 3);
        await _received.CountAsync(3);

        key.ToString().ShouldNotContain(key.Text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("tmk_")]
    [InlineData("tmk_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("somebody-else's")]
    public async Task Without_a_key_that_counts_nobody_connects(string? key)
    {
        await using var server = await StartAsync();
        await server.Keys.CreateAsync("a", DeliveryKeyScope.Everything);
        await using var consumer = Start(server, key);

        (await EndOf(consumer)).ShouldBe(ErrorCode.Unauthorized);
    }

    [Fact]
    public async Task Key_with_the_secret_of_another_one_is_none()
    {
        await using var server = await StartAsync();
        var one = await server.Keys.CreateAsync("a", DeliveryKeyScope.Everything);
        var other = await server.Keys.CreateAsync("b", DeliveryKeyScope.Everything);
        var mixed = one.Text.Replace(one.Key.Id, other.Key.Id, StringComparison.Ordinal);
        await using var consumer = Start(server, mixed);

        (await EndOf(consumer)).ShouldBe(ErrorCode.Unauthorized);
    }

    [Fact]
    public async Task Key_for_other_subscriptions_does_not_open_it_nor_tell_whether_it_is_there()
    {
        await using var server = await StartAsync();
        var key = await server.Keys.CreateAsync("a", new() { Subscriptions = ["other"] });
        await using var there = Start(server, key.Text);
        await using var missing = Start(server, key.Text, "nothing");

        (await EndOf(there)).ShouldBe(ErrorCode.Forbidden);
        (await EndOf(missing)).ShouldBe(ErrorCode.Forbidden);
    }

    [Fact]
    public async Task Key_for_tenants_opens_only_subscriptions_that_are_restricted_to_them()
    {
        await using var server = await StartAsync();
        await server.SubscribeAsync(name: "acme-notes", tenant: "acme");
        await server.SubscribeAsync(name: "other-notes", tenant: "other");
        var key = await server.Keys.CreateAsync("a", new() { Tenants = ["acme"] });
        await using var acme = Start(server, key.Text, "acme-notes");
        await using var other = Start(server, key.Text, "other-notes");
        await using var all = Start(server, key.Text);

        (await EndOf(other)).ShouldBe(ErrorCode.Forbidden);
        (await EndOf(all)).ShouldBe(ErrorCode.Forbidden);
        await server.AppendAsync(0, 2);
        await server.Store.ForTenant("acme").AppendAsync("note", ExpectedVersion.Any, [new Noted(7)]);
        await _received.CountAsync(1);
        _received.Numbers.ShouldBe([7]);
    }

    [Fact]
    public async Task Revoked_key_ends_its_connections_and_makes_none_any_more()
    {
        await using var server = await StartAsync();
        var key = await server.Keys.CreateAsync("a", DeliveryKeyScope.Everything);
        var kept = await server.Keys.CreateAsync("b", DeliveryKeyScope.Everything);
        await using var stays = Start(server, kept.Text, member: "stays");
        await using var consumer = Start(server, key.Text);
        await Eventually.TrueAsync(() => consumer.IsConnected && stays.IsConnected, "they are connected");
        (await server.Keys.RevokeAsync(key.Key.Id)).ShouldBeTrue();

        (await EndOf(consumer)).ShouldBe(ErrorCode.Unauthorized);
        await using var again = Start(server, key.Text);
        (await EndOf(again)).ShouldBe(ErrorCode.Unauthorized);
        await server.AppendAsync(0, 1);
        await _received.CountAsync(1);
        stays.Completion.IsCompleted.ShouldBeFalse();
        (await server.Keys.ReadAsync()).Where(k => k.RevokedAt is null).ShouldHaveSingleItem().Name.ShouldBe("b");
    }

    [Fact]
    public async Task Rights_that_a_changed_subscription_no_longer_gives_end_the_connection()
    {
        await using var server = await StartAsync();
        await server.SubscribeAsync(name: "acme-notes", tenant: "acme");
        var key = await server.Keys.CreateAsync("a", new() { Tenants = ["acme"] });
        await using var consumer = Start(server, key.Text, "acme-notes");
        await Eventually.TrueAsync(() => consumer.IsConnected, "it is connected");
        var definition = (await server.Subscriptions.ReadAsync()).Single(s => s.Name == "acme-notes").Definition;
        await server.Subscriptions.ChangeAsync(definition with { Tenant = null });

        (await EndOf(consumer)).ShouldBe(ErrorCode.Forbidden);
    }

    [Fact]
    public async Task Without_tls_only_this_machine_connects()
    {
        await using var server = await StartAsync(far: "203.0.113.7");
        var key = await server.Keys.CreateAsync("a", DeliveryKeyScope.Everything);
        await using var consumer = Start(server, key.Text);

        (await EndOf(consumer)).ShouldBe(ErrorCode.Forbidden);
    }

    [Theory]
    [InlineData(true, "http")]
    [InlineData(false, "https")]
    public async Task From_another_machine_with_tls_or_when_it_need_not_be_consumers_connect(bool allowed, string scheme)
    {
        await using var server = await StartAsync(far: "203.0.113.7", allowWithoutTls: allowed, scheme: scheme);
        var key = await server.Keys.CreateAsync("a", DeliveryKeyScope.Everything);
        await using var consumer = Start(server, key.Text);

        await Eventually.TrueAsync(() => consumer.IsConnected, "it is connected");
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("name", new string[0])]
    [InlineData("name", new[] { "no name" })]
    public async Task Wrong_key_is_not_made(string name, string[]? subscriptions)
    {
        await using var server = await StartAsync();

        await Should.ThrowAsync<ArgumentException>(() => server.Keys.CreateAsync(name, new() { Subscriptions = subscriptions }));
    }

    private TidemarkConsumer Start(
        DeliveryServer server, string? key, string subscription = DeliveryServer.Subscription, string member = "a") =>
        TidemarkConsumer.Start(
            Received.OptionsOf(server.Url, member) with
            {
                Subscription = subscription,
                Configure = o =>
                {
                    if (key is not null)
                        o.SetRequestHeader("Authorization", $"Bearer {key}");
                },
            },
            (delivery, _) =>
            {
                _received.Add(member, delivery.Events);
                return new(ConsumerOutcome.Done);
            });

    private static async Task<ErrorCode> EndOf(TidemarkConsumer consumer) =>
        (await Should.ThrowAsync<ConnectionRefusedException>(() => consumer.Completion.WaitAsync(Patience))).Code;

    private async Task<DeliveryServer> StartAsync(string? far = null, bool allowWithoutTls = false, string? scheme = null)
    {
        var server = await DeliveryServer.StartAsync(
            _databases,
            configure: o =>
            {
                o.AllowAnonymous = false;
                o.AllowWithoutTls = allowWithoutTls;
                o.Heartbeat = TimeSpan.FromMilliseconds(100);
            },
            before: app => app.Use((HttpContext context, RequestDelegate next) =>
            {
                context.Connection.RemoteIpAddress = far is null ? context.Connection.RemoteIpAddress : IPAddress.Parse(far);
                context.Request.Scheme = scheme ?? context.Request.Scheme;
                return next(context);
            }));
        await server.SubscribeAsync();
        return server;
    }
}
