using System.Text;
using System.Text.Json.Nodes;
using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>Documents: written and loaded set-wise, read in key order.</summary>
public abstract class DocumentTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private const string Name = "orders";

    [Fact]
    public async Task Commit_upserts_and_deletes_documents()
    {
        await PrepareAsync();
        await ReadModels.CommitAsync(Documents.Upserts(Name, 1, [("a", "1"), ("b", "1"), ("c", "1")]), Token);

        StoredDocument[] upserts = [Documents.Of("a", "2", version: 7, position: 99), Documents.Of("d", "1")];
        await ReadModels.CommitAsync(Changes(upserts, Documents.Key("b"), Documents.Key("never")), Token);

        var read = await ReadModels.ReadLiveAsync(Name, TenantId.Default, null, 100, Token);
        read.Select(d => (d.Key.Key, Documents.Text(d))).ShouldBe([("a", "2"), ("c", "1"), ("d", "1")]);
        (read[0].Version, read[0].Position).ShouldBe((new(7), new(99)));
    }

    [Fact]
    public async Task Json_of_documents_comes_back()
    {
        await PrepareAsync();
        string[] jsons =
        [
            """{"text":"Grüße 日本語 👩‍👩‍👧 \" \\ ' $1"}""", """{"a":{"b":[1,2,{}]}}""", "[]", "null", "12345678901234567890123456789",
            $"\"{new string('x', 1024 * 1024)}\"",
        ];

        var documents = jsons.Select((json, i) => new StoredDocument(Documents.Key($"{i}"), Encoding.UTF8.GetBytes(json), default, new(1)));
        await ReadModels.CommitAsync(Changes([.. documents]), Token);

        // The same JSON, not the same bytes: a store may keep documents in a form of its own.
        var read = await ReadModels.ReadLiveAsync(Name, TenantId.Default, null, 100, Token);
        for (var i = 0; i < jsons.Length; i++)
            JsonNode.DeepEquals(JsonNode.Parse(read[i].Json.Span), JsonNode.Parse(jsons[i])).ShouldBeTrue($"document {i}");
    }

    [Theory]
    [InlineData("""{"nul":"\u0000"}""")]
    [InlineData("""{"half":"\ud83d"}""")]
    public async Task Json_that_a_store_cannot_hold_is_refused_and_leaves_nothing(string json)
    {
        await PrepareAsync();
        StoredDocument[] documents =
            [Documents.Of("before", "x"), new(Documents.Key("odd"), Encoding.UTF8.GetBytes(json), default, new(1))];
        var isRefused = false;
        try
        {
            await ReadModels.CommitAsync(Changes(documents), Token);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            isRefused = true;
            Storage.IsTransient(e).ShouldBeFalse();
        }

        var read = await ReadModels.ReadLiveAsync(Name, TenantId.Default, null, 10, Token);
        read.Select(d => d.Key.Key).ShouldBe(isRefused ? [] : ["before", "odd"]);
        if (!isRefused)
            Encoding.UTF8.GetString(read[1].Json.Span).ShouldBe(json);
    }

    [Fact]
    public async Task Load_gives_the_present_ones_of_thousands_of_keys()
    {
        const int count = 5000;
        await PrepareAsync();
        await ReadModels.CommitAsync(Documents.Upserts(Name, 1, Enumerable.Range(0, count).Select(i => ($"key-{i}", $"{i}"))), Token);

        var keys = Enumerable.Range(0, count * 2).Select(i => Documents.Key($"key-{i}")).Append(Documents.Key("key-1", "north")).ToArray();
        var loaded = await ReadModels.LoadAsync(Name, 1, keys, Token);

        loaded.Count.ShouldBe(count);
        loaded.ShouldAllBe(d => d.Key.Key == "key-" + Documents.Text(d));
        await ReadModels.CommitAsync(new() { Documents = [new(Name, 1, [], keys)] }, Token);
        (await ReadModels.LoadAsync(Name, 1, keys, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Load_of_no_keys_gives_none()
    {
        await PrepareAsync();

        (await ReadModels.LoadAsync(Name, 1, [], Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Load_keeps_generations_and_tenants_apart()
    {
        await PrepareAsync();
        await ReadModels.PrepareAsync("Orders", 2, new DocumentSchema(Name), 2, Token);
        await ReadModels.CommitAsync(Changes([Documents.Of("a", "one"), Documents.Of("a", "north", "north")]), Token);
        await ReadModels.CommitAsync(new() { Documents = [new(Name, 2, [Documents.Of("a", "two")], [])] }, Token);

        var first = await ReadModels.LoadAsync(
            Name, 1, [Documents.Key("a"), Documents.Key("a", "north"), Documents.Key("a", "south")], Token);
        var second = await ReadModels.LoadAsync(Name, 2, [Documents.Key("a"), Documents.Key("a", "north")], Token);

        first.Select(d => (d.Key.Tenant.Value, Documents.Text(d))).ShouldBe([("", "one"), ("north", "north")], ignoreOrder: true);
        second.Select(Documents.Text).ShouldBe(["two"]);
        Documents.Text((await ReadModels.FindLiveAsync(Name, Documents.Key("a", "north"), Token))!.Value).ShouldBe("north");
        (await ReadModels.FindLiveAsync(Name, Documents.Key("a", "south"), Token)).ShouldBeNull();
        (await ReadModels.ReadLiveAsync(Name, "north", null, 10, Token)).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Live_documents_page_in_ordinal_key_order(int page)
    {
        string[] keys =
        [
            "", " ", "-", "0", "10", "9", "A", "AA", "Aa", "B", "Z", "_", "a", "aA", "aa", "b", "z", "~",
            "\u00e9", "e\u0301", "é1", "ß", "Ω", "я", "中", "日本", "\ue000", "\uff5e", "😀", "👩‍👩‍👧", "it's", "a\\b", "a%", "a'b\"c",
        ];
        await PrepareAsync();
        await ReadModels.CommitAsync(Documents.Upserts(Name, 1, keys.Select((k, i) => (k, $"{i}"))), Token);
        await ReadModels.CommitAsync(new() { Documents = [new(Name, 1, [Documents.Of("b", "other tenant", "north")], [])] }, Token);

        var seen = new List<string>();
        for (string? after = null; ;)
        {
            var read = await ReadModels.ReadLiveAsync(Name, TenantId.Default, after, page, Token);
            seen.AddRange(read.Select(d => d.Key.Key));
            if (read.Count < page)
                break;
            after = seen[^1];
        }

        // By code points, as UTF-8 bytes sort: so say the SQL stores, and U+1F600 comes after U+FF5E.
        seen.ShouldBe(keys.OrderBy(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal));
    }

    [Fact]
    public async Task Live_read_after_a_key_that_is_not_there_goes_on_behind_its_place()
    {
        await PrepareAsync();
        await ReadModels.CommitAsync(Documents.Upserts(Name, 1, [("a", "1"), ("c", "1")]), Token);

        (await ReadModels.ReadLiveAsync(Name, TenantId.Default, "b", 10, Token)).ShouldHaveSingleItem().Key.Key.ShouldBe("c");
        (await ReadModels.ReadLiveAsync(Name, TenantId.Default, "d", 10, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Load_in_a_transaction_sees_what_the_transaction_wrote()
    {
        await PrepareAsync();
        await using var transaction = await Log.BeginAsync(Token);

        await ReadModels.WriteAsync(transaction, Documents.Upserts(Name, 1, [("a", "1")]), Token);
        var loaded = await ReadModels.LoadAsync(transaction, Name, 1, [Documents.Key("a"), Documents.Key("b")], Token);

        loaded.Select(Documents.Text).ShouldBe(["1"]);
        (await ReadModels.FindLiveAsync(Name, Documents.Key("a"), Token)).ShouldBeNull();
        await transaction.CommitAsync(Token);
        (await ReadModels.FindLiveAsync(Name, Documents.Key("a"), Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Write_in_a_transaction_that_rolls_back_leaves_nothing()
    {
        await PrepareAsync();
        await ReadModels.CommitAsync(Documents.Upserts(Name, 1, [("a", "1")]), Token);
        await using (var transaction = await Log.BeginAsync(Token))
            await ReadModels.WriteAsync(
                transaction, new() { Documents = [new(Name, 1, [Documents.Of("b", "2")], [Documents.Key("a")])] }, Token);

        (await ReadModels.ReadLiveAsync(Name, TenantId.Default, null, 10, Token)).Select(d => d.Key.Key).ShouldBe(["a"]);
    }

    [Fact]
    public async Task Load_in_a_transaction_serialises_increments_of_an_absent_key()
    {
        const int callers = 6;
        await PrepareAsync();
        await using var other = Store.OpenAgain();
        var storages = new[] { Storage, other };

        for (var round = 0; round < 4; round++)
        {
            var key = Documents.Key($"counter-{round}");
            await Task.WhenAll(Enumerable.Range(0, callers).Select(i => Task.Run(() => IncrementAsync(storages[i % 2], [key]))));

            Documents.Text((await ReadModels.FindLiveAsync(Name, key, Token))!.Value).ShouldBe($"{callers}");
        }
    }

    [Fact]
    public async Task Load_in_a_transaction_of_the_same_keys_in_opposite_order_does_not_deadlock()
    {
        await PrepareAsync();
        var keys = Enumerable.Range(0, 10).Select(i => Documents.Key($"k-{i}")).ToArray();

        await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => Task.Run(() => IncrementAsync(Storage, i % 2 == 0 ? keys : [.. keys.Reverse()]))));

        (await ReadModels.LoadAsync(Name, 1, keys, Token)).Select(Documents.Text).ShouldBe(Enumerable.Repeat("8", 10));
    }

    private async Task IncrementAsync(IEventDatabaseStorage storage, DocumentKey[] keys)
    {
        await using var transaction = await storage.Log.BeginAsync(Token);
        var loaded = (await storage.ReadModels.LoadAsync(transaction, Name, 1, keys, Token)).ToDictionary(
            d => d.Key, d => int.Parse(Documents.Text(d)));
        var next = keys.Select(k => Documents.Of(k.Key, $"{loaded.GetValueOrDefault(k) + 1}"));
        await storage.ReadModels.WriteAsync(transaction, new() { Documents = [new(Name, 1, [.. next], [])] }, Token);
        await transaction.CommitAsync(Token);
    }

    private static ReadModelCommit Changes(StoredDocument[] upserts, params DocumentKey[] deletes) =>
        new() { Documents = [new(Name, 1, upserts, deletes)] };

    private async Task PrepareAsync() => await ReadModels.PrepareAsync("Orders", 1, new DocumentSchema(Name), 1, Token);
}
