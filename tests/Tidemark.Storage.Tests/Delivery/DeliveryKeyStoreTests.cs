using Tidemark.Delivery;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Delivery;

/// <summary>The rows of the keys of remote consumers.</summary>
public abstract class DeliveryKeyStoreTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly DeliveryKeyScope Narrow = new() { Subscriptions = ["mailer", "billing"], Tenants = ["acme", "ü😀"] };

    private IDeliveryKeyStore Keys => Storage.DeliveryKeys;

    [Fact]
    public async Task Read_of_a_new_store_has_nothing_new() => (await Keys.ReadAsync(0, Token)).ShouldBeNull();

    [Fact]
    public async Task Added_key_is_read_back_whole()
    {
        var added = await Keys.AddAsync(Key("a1", "warehouse", Narrow), Token);
        await Keys.AddAsync(Key("a0", "all", DeliveryKeyScope.Everything), Token);

        var roll = (await Keys.ReadAsync(0, Token)).ShouldNotBeNull();
        roll.Keys.Select(k => k.Key.Id).ShouldBe(["a0", "a1"]);
        roll.Keys[0].Key.Scope.ShouldBe(DeliveryKeyScope.Everything);
        var read = roll.Keys[1];
        (read.Hash, read.Key.Name, read.Key.CreatedAt, read.Key.RevokedAt).ShouldBe(("hash of a1", "warehouse", added.Key.CreatedAt, null));
        read.Key.Scope.Subscriptions.ShouldBe(Narrow.Subscriptions);
        read.Key.Scope.Tenants.ShouldBe(Narrow.Tenants);
        (await Keys.ReadAsync(roll.Change, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Repeated_add_changes_nothing()
    {
        var first = await Keys.AddAsync(Key("a1", "warehouse", Narrow), Token);
        var change = (await Keys.ReadAsync(0, Token))!.Change;

        var again = await Keys.AddAsync(Key("a1", "thief", DeliveryKeyScope.Everything) with { Hash = "another" }, Token);

        (again.Hash, again.Key.Name, again.Key.CreatedAt).ShouldBe((first.Hash, "warehouse", first.Key.CreatedAt));
        (await Keys.ReadAsync(change, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Revoked_key_stays_revoked_with_its_first_time_and_is_one_change()
    {
        await Keys.AddAsync(Key("a1", "warehouse", Narrow), Token);
        await Keys.AddAsync(Key("a2", "other", Narrow), Token);
        var before = (await Keys.ReadAsync(0, Token))!.Change;

        (await Keys.RevokeAsync("a1", Token)).ShouldBeTrue();
        var roll = (await Keys.ReadAsync(before, Token)).ShouldNotBeNull();
        var revokedAt = roll.Keys[0].Key.RevokedAt.ShouldNotBeNull();
        roll.Keys[1].Key.RevokedAt.ShouldBeNull();
        (await Keys.RevokeAsync("a1", Token)).ShouldBeTrue();
        (await Keys.RevokeAsync("nobody", Token)).ShouldBeFalse();
        (await Keys.ReadAsync(roll.Change, Token)).ShouldBeNull();
        (await Keys.AddAsync(Key("a1", "warehouse", Narrow), Token)).Key.RevokedAt.ShouldBe(revokedAt);
    }

    [Fact]
    public async Task Changes_that_come_at_once_are_all_counted()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            await Keys.AddAsync(Key($"k{i:D2}", "many", Narrow), Token);
            await Keys.RevokeAsync($"k{i:D2}", Token);
        })));

        var roll = (await Keys.ReadAsync(0, Token)).ShouldNotBeNull();
        roll.Change.ShouldBe(32);
        roll.Keys.Count(k => k.Key.RevokedAt is not null).ShouldBe(16);
    }

    private static StoredDeliveryKey Key(string id, string name, DeliveryKeyScope scope) =>
        new(new(id, name, scope, default, null), $"hash of {id}");
}
