using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Shards;
using Tidemark.Testing;

namespace Tidemark.Webhooks.Tests;

/// <summary>A store in memory that posts to receivers. Several, one after the other, can have the same data.</summary>
internal sealed class Sender : IAsyncDisposable
{
    public const string Name = "hooks";
    public const string Secret = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVz";

    private Sender(TidemarkHost host) => Host = host;

    public TidemarkHost Host { get; }

    /// <summary>Quick retries, without an end.</summary>
    public static DeliveryPolicy Quick { get; } = new()
    {
        BatchEventsMax = 1,
        RetryMin = TimeSpan.FromMilliseconds(1),
        RetryMax = TimeSpan.FromMilliseconds(5),
    };

    /// <summary>The shards that are paused, with why.</summary>
    public IReadOnlyList<ShardError> Errors => [.. Host.Daemon.Status().Shards.Select(s => s.Error).OfType<ShardError>()];

    public static async Task<Sender> StartAsync(
        InMemoryDatabases databases, Action<WebhookOptions>? configure = null, ILoggerProvider? logs = null) =>
        await StartAsync(t => t.UseInMemory(databases), configure, logs);

    public static async Task<Sender> StartAsync(
        Action<TidemarkBuilder> build, Action<WebhookOptions>? configure = null, ILoggerProvider? logs = null) =>
        new(await TidemarkHost.StartAsync(t =>
        {
            if (logs is not null)
                t.Services.AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(logs));
            t.Services.AddTidemarkWebhooks(o =>
            {
                o.AllowPrivateNetworks = true;
                configure?.Invoke(o);
            });
            t.Events(e => e.Add<Noted>("noted"));
            build(t);
        }));

    public Task SubscribeAsync(Uri url, DeliveryPolicy? policy = null, string name = Name, string? secret = Secret) =>
        Host.Subscriptions.CreateAsync(new()
        {
            Name = name,
            Kind = SubscriptionKind.Webhook,
            Policy = policy ?? Quick,
            Webhook = new(url, secret),
        });

    /// <summary>Appends events with numbers, one after the other, to streams in turn.</summary>
    public async Task AppendAsync(int first, int count, int streams = 1)
    {
        for (var i = first; i < first + count; i++)
            await Host.Store.AppendAsync($"note-{i % streams}", ExpectedVersion.Any, [new Noted(i)]);
    }

    /// <summary>Appends events with numbers in one commit.</summary>
    public Task AppendTogetherAsync(int first, int count) => Host.Store.AppendAsync(
        "note", ExpectedVersion.Any, [.. Enumerable.Range(first, count).Select(i => (object)new Noted(i))]);

    public Task UntilAsync(Func<ShardError, bool> error, string what) => Eventually.TrueAsync(
        () => Errors.Any(error), () => $"{what}; there is {string.Join("; ", Errors.Select(e => e.Exception.Message))}");

    public Task<DeliveryFailure> FailureAsync(Func<DeliveryFailure, bool> failure) => FindAsync(
        async () => (await Host.Subscriptions.ReadFailuresAsync()).FirstOrDefault(failure));

    public Task<DeadLetter> DeadLetterAsync() => FindAsync(
        async () => (await Host.Daemon.ReadDeadLettersAsync(Name)).SingleOrDefault());

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static async Task<T> FindAsync<T>(Func<Task<T?>> find)
        where T : class
    {
        T? found = null;
        await Eventually.TrueAsync(async () => (found = await find()) is not null, () => typeof(T).Name);
        return found!;
    }
}
