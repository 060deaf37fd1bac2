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
    public async Task<Dictionary<(string Tenant, string Key), T>> DocumentsAsync<T>(string projection)
        where T : class
    {
        var all = new Dictionary<(string, string), T>();
        foreach (var tenant in BankLedger.Tenants)
        {
            await foreach (var (key, document) in Store.ForTenant(tenant).Documents<T>(projection).AllAsync())
                all[(projection == "AllBooks" ? "" : tenant, key)] = document;
        }

        return all;
    }

    /// <summary>Compares every read model that this host keeps with the plain computation.</summary>
    public async Task ShouldShowAsync(BankLedger ledger, string? what = null)
    {
        Same(await DocumentsAsync<Balance>("Balances"), ledger.Balances, what);
        Same(await DocumentsAsync<Book>("Books"), ledger.Books, what);
        Same(await DocumentsAsync<Book>("AllBooks"), ledger.AllBooks, what);
        var rows = Storage.Inner.ReadRows("totals").ToDictionary(r => r.Key, Text, StringComparer.Ordinal);
        Same(rows, ledger.Totals.ToDictionary(r => r.Key, r => Text(new(r.Key, r.Value)), StringComparer.Ordinal), what);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static string Text(InMemoryRow row) =>
        string.Join(", ", row.Values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value ?? "null"}"));

    private static void Same<TKey, TValue>(Dictionary<TKey, TValue> actual, Dictionary<TKey, TValue> expected, string? what)
        where TKey : notnull =>
        actual.Select(p => $"{p.Key}: {p.Value}").Order(StringComparer.Ordinal)
            .ShouldBe(expected.Select(p => $"{p.Key}: {p.Value}").Order(StringComparer.Ordinal), what);
}

/// <summary>What the bank's hosts are made of.</summary>
internal static class BankParts
{
    /// <summary>Every kind of projection that the store in memory has.</summary>
    public static TidemarkBuilder AddAll(this TidemarkBuilder builder, ProjectionLifecycle lifecycle) => builder
        .AddProjection(new Balances(), lifecycle).AddProjection(new Books(), lifecycle)
        .AddProjection(new Books(acrossTenants: true), lifecycle).AddProjection(new Totals(), lifecycle);
}
