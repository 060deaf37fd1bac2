using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tidemark.Client;
using Tidemark.Protocol;
using Tidemark.Testing;

namespace Tidemark.AspNetCore.Tests;

/// <summary>Policies of the application decide who connects.</summary>
public sealed class PolicyTests
{
    private const string Named = "by-name";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly InMemoryDatabases _databases = new();

    [Theory]
    [InlineData("mailer", null)]
    [InlineData("stranger", ErrorCode.Forbidden)]
    [InlineData(null, ErrorCode.Unauthorized)]
    public async Task Policy_of_the_endpoint_decides(string? user, ErrorCode? refusal)
    {
        await using var server = await StartAsync(_ => { });
        await using var consumer = Start(server, user);

        await ShouldEndAsync(consumer, refusal);
    }

    [Fact]
    public async Task Application_decides_by_subscription_and_again_with_every_heartbeat()
    {
        var allowed = true;
        await using var server = await StartAsync(o => o.MayReceive = (context, subscription) =>
            new(Volatile.Read(ref allowed) && context.User.Identity!.Name == "mailer" && subscription == DeliveryServer.Subscription));
        await using var consumer = Start(server, "mailer");
        await ShouldEndAsync(consumer, null);
        Volatile.Write(ref allowed, false);

        await ShouldEndAsync(consumer, ErrorCode.Forbidden);
        await using var again = Start(server, "mailer");
        await ShouldEndAsync(again, ErrorCode.Forbidden);
    }

    private static async Task ShouldEndAsync(TidemarkConsumer consumer, ErrorCode? refusal)
    {
        if (refusal is null)
        {
            await Eventually.TrueAsync(() => consumer.IsConnected, "it is connected");
            return;
        }

        var error = await Should.ThrowAsync<ConnectionRefusedException>(() => consumer.Completion.WaitAsync(Patience));
        error.Code.ShouldBe(refusal.Value);
    }

    private static TidemarkConsumer Start(DeliveryServer server, string? user) => TidemarkConsumer.Start(
        Received.OptionsOf(server.Url, "a") with
        {
            Configure = o =>
            {
                if (user is not null)
                    o.SetRequestHeader("Authorization", $"Bearer {user}");
            },
        },
        (_, _) => new(ConsumerOutcome.Done));

    private async Task<DeliveryServer> StartAsync(Action<DeliveryOptions> configure)
    {
        var server = await DeliveryServer.StartAsync(
            _databases,
            configure: o =>
            {
                o.AllowAnonymous = false;
                o.Heartbeat = TimeSpan.FromMilliseconds(100);
                configure(o);
            },
            services: services =>
            {
                services.AddAuthentication(Named).AddScheme<AuthenticationSchemeOptions, ByName>(Named, null);
                services.AddAuthorizationBuilder().AddPolicy("consumers", p => p.RequireRole("consumer"));
            },
            before: app => app.UseAuthentication().UseAuthorization(),
            endpoint: e => e.RequireAuthorization("consumers"));
        await server.SubscribeAsync();
        return server;
    }

    /// <summary>Takes every name; the one of the mailer is a consumer.</summary>
    private sealed class ByName(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Request.Headers.Authorization.ToString() is not { Length: > 7 } header)
                return Task.FromResult(AuthenticateResult.NoResult());
            var name = header[7..];
            var identity = new ClaimsIdentity(
                [new(ClaimTypes.Name, name), .. name == "mailer" ? new Claim[] { new(ClaimTypes.Role, "consumer") } : []], Named);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Named)));
        }
    }
}
