using Microsoft.Extensions.DependencyInjection;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.Testing;

namespace Tidemark.Tests.Fixtures;

/// <summary>A store of bank accounts in memory. Several hosts, one after the other, can open the same data.</summary>
internal sealed class BankHost : IAsyncDisposable
{
    private BankHost(TidemarkHost host, HookedStorage storage) => (Host, Storage) = (host, storage);

    public TidemarkHost Host { get; }

    public HookedStorage Storage { get; }

    public EventStore Store => Host.Store;

    public Daemon Daemon => Host.Daemon;

    public static async Task<BankHost> StartAsync(
        Action<TidemarkBuilder> build, BankHost? former = null, TimeProvider? clock = null, Action<HookedStorage>? hook = null)
    {
        HookedStorage? storage = null;
        var host = await TidemarkHost.StartAsync(t =>
        {
            if (clock is not null)
                t.Services.AddSingleton(clock);
            t.Events(e => Accounts.Register(e));
            t.UseStorage(
                context =>
                {
                    storage = new(former?.Storage.Inner.OpenAgain(context) ?? new InMemoryStorage(context));
                    hook?.Invoke(storage);
                    return storage;
                },
                embedded: true);
            build(t);
        });
        return new(host, storage!);
    }

    public async Task AppendAsync(params IReadOnlyList<Happening> happenings)
    {
        foreach (var h in happenings)
            await Store.ForTenant(h.Tenant).AppendAsync(h.Account, ExpectedVersion.Any, [h.Event]);
    }

    public Task CaughtUpAsync() => Daemon.WaitForCaughtUpAsync(Deadlines.Max);

    /// <summary>Every document of the tenants of the tests.</summary>
    public Task<Dictionary<(string Tenant, string Key), T>> DocumentsAsync<T>(string projection)
        where T : class => BankAudit.DocumentsAsync<T>(Store, projection);

    /// <summary>Compares every read model that this host keeps with the plain computation.</summary>
    public Task ShouldShowAsync(BankLedger ledger, string? what = null) => BankAudit.CheckAsync(Store, Storage.Inner, ledger, what);

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}

/// <summary>What the bank's hosts are made of.</summary>
internal static class BankParts
{
    /// <summary>Every kind of projection that the store in memory has.</summary>
    public static TidemarkBuilder AddAll(this TidemarkBuilder builder, ProjectionLifecycle lifecycle) => builder
        .AddProjection(new Balances(), lifecycle).AddProjection(new Books(), lifecycle)
        .AddProjection(new Books(acrossTenants: true), lifecycle).AddProjection(new Totals(), lifecycle);
}
