using Tidemark.Testing;

namespace Tidemark.Tests.Fixtures;

/// <summary>Compares the bank's read models with the plain computation.</summary>
internal static class BankAudit
{
    /// <summary>Every read model of the bank is what the ledger says.</summary>
    public static async Task CheckAsync(EventStore store, InMemoryStorage data, BankLedger ledger, string? what)
    {
        Same(await DocumentsAsync<Balance>(store, "Balances"), ledger.Balances, what);
        Same(await DocumentsAsync<Book>(store, "Books"), ledger.Books, what);
        Same(await DocumentsAsync<Book>(store, "AllBooks"), ledger.AllBooks, what);
        var rows = data.ReadRows("totals").ToDictionary(r => r.Key, r => Text(r.Values), StringComparer.Ordinal);
        Same(rows, ledger.Totals.ToDictionary(r => r.Key, r => Text(r.Value), StringComparer.Ordinal), what);
    }

    /// <summary>Every document of the tenants of the tests.</summary>
    public static async Task<Dictionary<(string Tenant, string Key), T>> DocumentsAsync<T>(EventStore store, string projection)
        where T : class
    {
        var all = new Dictionary<(string, string), T>();
        foreach (var tenant in BankLedger.Tenants)
        {
            await foreach (var (key, document) in store.ForTenant(tenant).Documents<T>(projection).AllAsync())
                all[(projection == "AllBooks" ? "" : tenant, key)] = document;
        }

        return all;
    }

    public static void Same<TKey, TValue>(Dictionary<TKey, TValue> actual, Dictionary<TKey, TValue> expected, string? what = null)
        where TKey : notnull =>
        actual.Select(p => $"{p.Key}: {p.Value}").Order(StringComparer.Ordinal)
            .ShouldBe(expected.Select(p => $"{p.Key}: {p.Value}").Order(StringComparer.Ordinal), what);

    private static string Text(IReadOnlyDictionary<string, object?> values) =>
        string.Join(", ", values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}={v.Value ?? "null"}"));
}
