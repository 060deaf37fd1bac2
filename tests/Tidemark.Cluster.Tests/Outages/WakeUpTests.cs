using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Outages;

/// <summary>Hints between processes: what one appends, another's daemon sees long before it would have looked by itself.</summary>
public sealed class WakeUpTests
{
    private static readonly TimeSpan Poll = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SoonMax = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Daemon_sees_appends_of_a_process_with_and_without_a_daemon_of_its_own(bool withDaemon)
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        await using var store = (PostgreSqlStore)await PostgreSqlStore.CreateAsync();
        await using TidemarkHost host = await store.StartBankAsync(o => o.HighWater.PollWithHints = Poll);
        await ListenerAsync(store, except: 0);
        await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
        await using TidemarkHost other = await store.StartAsync(tide =>
        {
            if (withDaemon)
                tide.AddProjection(new Errors.Deposits());
        });

        await SeesAsync(host, other);
        await SeesAsync(host, other);
    }

    [Fact]
    public async Task Daemon_whose_listening_session_is_terminated_listens_again()
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        await using var store = (PostgreSqlStore)await PostgreSqlStore.CreateAsync();
        await using TidemarkHost host = await store.StartBankAsync(o => o.HighWater.PollWithHints = Poll);
        await using TidemarkHost other = await store.StartAsync(tide => tide
            .AddProjection(new Errors.Deposits()).Configure(o => o.HighWater.PollWithHints = Poll));
        for (int round = 0; round < 3; round++)
        {
            int session = await ListenerAsync(store, except: 0);
            await store.QueryAsync($"select pg_terminate_backend({session})");
            await SeesAsync(host, other);
            await ListenerAsync(store, except: session);
            await SeesAsync(host, other);
        }
    }

    // A hint that was sent before somebody listened is lost; so the first thing to do then is to look.
    [Fact]
    public Task Listener_is_woken_when_it_begins_to_listen_on_PostgreSql() => IsWokenAsync<PostgreSqlStore>();

    [Fact]
    public Task Listener_is_woken_when_it_begins_to_listen_on_Sqlite() => IsWokenAsync<SqliteStore>();

    private static async Task IsWokenAsync<TStore>()
        where TStore : IClusterStoreKind
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using ClusterStore store = await TStore.CreateAsync();
        await using TidemarkHost host = await store.StartAsync();
        using var stop = new CancellationTokenSource();
        var woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task listening = host.Database.Storage.WakeUp.ListenAsync(_ => woken.TrySetResult(), stop.Token);

        await woken.Task.WaitAsync(SoonMax);

        await stop.CancelAsync();
        await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task SeesAsync(TidemarkHost host, TidemarkHost other)
    {
        AppendResult append = await other.Store.AppendAsync("account-1", ExpectedVersion.Any, [new Deposited(1, "north")]);
        await host.Daemon.WaitForAsync(nameof(Turnover), append.Last, SoonMax);
    }

    private static async Task<int> ListenerAsync(PostgreSqlStore store, int except)
    {
        int session = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                var rows = await store.QueryAsync(
                    $"select pid from pg_stat_activity where datname = current_database() and query ilike 'listen%' and pid <> {except}");
                session = rows.Count > 0 ? (int)rows[0][0] : 0;
                return session != 0;
            },
            () => "a session listens");
        return session;
    }
}
