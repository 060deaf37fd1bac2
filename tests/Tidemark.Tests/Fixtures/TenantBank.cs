using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Tenancy;
using Tidemark.Testing;

namespace Tidemark.Tests.Fixtures;

/// <summary>A node of a bank whose tenants have databases of their own, in memory. Nodes of the same databases are one cluster.</summary>
internal sealed class TenantBank : IAsyncDisposable
{
    private TenantBank(TidemarkHost host) => Host = host;

    public TidemarkHost Host { get; }

    public TenantDirectory Tenants => Host.Tenants!;

    public static async Task<TenantBank> StartAsync(
        InMemoryDatabases databases, string node = "one", Action<TidemarkBuilder>? build = null,
        Action<HookedStorage, string>? hook = null) =>
        new(await TidemarkHost.StartAsync(t =>
        {
            t.Events(e => Accounts.Register(e));
            t.UseStorage(
                context =>
                {
                    var storage = new HookedStorage(databases.Open(context));
                    hook?.Invoke(storage, context.Database);
                    return storage;
                },
                embedded: true);
            t.Configure(o => o.Node.Name = node);
            if (build is null)
                t.UseTenantDatabases().AddProjection<Balances>().AddProjection<Books>();
            build?.Invoke(t);
        }));

    public async Task<EventStore> AddAsync(TenantId tenant)
    {
        await Tenants.AddAsync(tenant);
        return Host.Store.ForTenant(tenant);
    }

    public async Task DepositAsync(TenantId tenant, string account, long amount) =>
        await (await Host.Store.ForTenantAsync(tenant)).AppendAsync(
            account, ExpectedVersion.Any, [new Opened(account), new Deposited(amount)]);

    /// <summary>What the read model shows, once it has caught up.</summary>
    public async Task<long?> AmountAsync(TenantId tenant, string account)
    {
        var store = await Host.Store.ForTenantAsync(tenant);
        await Host.Daemon.ForTenant(tenant).WaitForCaughtUpAsync(Deadlines.Max);
        return (await store.Documents<Balance>().FindAsync(account))?.Amount;
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
