using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Delivery;

/// <summary>The rows of subscriptions, and of the failures that their shards stand at.</summary>
public abstract class SubscriptionStoreTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly Dictionary<string, Position> Starts = new() { ["main"] = new(17), ["acme"] = new(0) };

    private static readonly SubscriptionDefinition Full = new()
    {
        Name = "mailer",
        Kind = SubscriptionKind.Webhook,
        Types = ["order-placed", "order-shipped"],
        StreamPrefix = "order-",
        Tenant = "acme",
        Start = SubscriptionStart.Since(new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero)),
        Partitions = 7,
        Policy = new()
        {
            BatchEventsMax = 3,
            BatchBytesMax = 4096,
            BatchWaitMax = TimeSpan.FromMilliseconds(5),
            ParallelStreams = 2,
            CallTimeout = TimeSpan.FromSeconds(9),
            AttemptsMax = 4,
            OnFailure = FailureAction.Park,
            RetryMin = TimeSpan.FromMilliseconds(10),
            RetryMax = TimeSpan.FromSeconds(20),
        },
        Webhook = new(new Uri("https://example.org/hook"), "0123456789abcdef"),
    };

    private ISubscriptionStore Subscriptions => Storage.Subscriptions;

    private IDeliveryFailureStore Failures => Storage.DeliveryFailures;

    [Fact]
    public async Task Read_of_a_new_store_has_nothing_new() => (await Subscriptions.ReadAsync(0, Token)).ShouldBeNull();

    [Fact]
    public async Task Added_subscription_is_read_back_whole()
    {
        var added = await Subscriptions.AddAsync(Full, Starts, Token);

        DefinitionSerializer.Write(added.Definition).ShouldBe(DefinitionSerializer.Write(Full));
        added.Definition.ShouldSatisfyAllConditions(
            d => d.Name.ShouldBe("mailer"),
            d => d.Types.ShouldBe(Full.Types),
            d => d.Policy.ShouldBe(Full.Policy),
            d => d.Webhook.ShouldBe(Full.Webhook),
            d => d.Start.ShouldBe(Full.Start),
            d => d.Tenant.ShouldBe(Full.Tenant));
        added.Starts.ShouldBe(Starts, ignoreOrder: true);
        var roll = (await Subscriptions.ReadAsync(0, Token)).ShouldNotBeNull();
        var read = roll.Subscriptions.ShouldHaveSingleItem();
        (read.Name, read.Incarnation, read.CreatedAt).ShouldBe(("mailer", added.Incarnation, added.CreatedAt));
        read.Incarnation.ShouldBePositive();
        (await Subscriptions.ReadAsync(roll.Change, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task The_first_of_several_that_add_the_same_one_wins_and_all_are_told()
    {
        var all = await Task.WhenAll(Enumerable.Range(1, 8).Select(i => Task.Run(
            () => Subscriptions.AddAsync(
                new() { Name = "mailer", Partitions = i }, new Dictionary<string, Position> { ["main"] = new(i) }, Token).AsTask())));

        var first = all[0];
        all.ShouldAllBe(s => s.Incarnation == first.Incarnation && s.Definition.Partitions == first.Definition.Partitions);
        first.StartOn("main").Value.ShouldBe(first.Definition.Partitions);
        first.StartOn("another").ShouldBe(Position.Beginning);
        (await Subscriptions.ReadAsync(0, Token))!.Change.ShouldBe(1);
    }

    [Fact]
    public async Task A_name_that_comes_back_has_another_incarnation()
    {
        var first = await Subscriptions.AddAsync(new() { Name = "mailer" }, Starts, Token);
        (await Subscriptions.RemoveAsync("mailer", first.Incarnation + 1, Token)).ShouldBeFalse();
        (await Subscriptions.RemoveAsync("mailer", first.Incarnation, Token)).ShouldBeTrue();
        (await Subscriptions.RemoveAsync("mailer", first.Incarnation, Token)).ShouldBeFalse();
        (await Subscriptions.ReadAsync(1, Token))!.Subscriptions.ShouldBeEmpty();

        var second = await Subscriptions.AddAsync(new() { Name = "mailer" }, Starts, Token);

        second.Incarnation.ShouldBeGreaterThan(first.Incarnation);
        (await Subscriptions.ChangeAsync(new() { Name = "mailer", StreamPrefix = "a" }, first.Incarnation, Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_changed_definition_is_one_change_and_the_same_one_is_none()
    {
        var added = await Subscriptions.AddAsync(new() { Name = "mailer" }, Starts, Token);
        var changed = new SubscriptionDefinition { Name = "mailer", StreamPrefix = "order-" };

        (await Subscriptions.ChangeAsync(changed, added.Incarnation, Token)).ShouldBeTrue();
        var roll = (await Subscriptions.ReadAsync(1, Token)).ShouldNotBeNull();
        roll.Subscriptions.ShouldHaveSingleItem().Definition.StreamPrefix.ShouldBe("order-");
        roll.Subscriptions[0].Starts.ShouldBe(Starts, ignoreOrder: true);
        (await Subscriptions.ChangeAsync(changed, added.Incarnation, Token)).ShouldBeTrue();
        (await Subscriptions.ReadAsync(roll.Change, Token)).ShouldBeNull();
        (await Subscriptions.ChangeAsync(new() { Name = "nobody" }, 1, Token)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_failure_is_stored_in_place_of_the_former_one_and_forgotten()
    {
        var (one, two) = (Shard("mailer", 0, 511), Shard("mailer", 512, 1023));
        var at = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.FromHours(2));
        (await Failures.FindAsync(one, Token)).ShouldBeNull();
        await Failures.SaveAsync(new(one, new(5), 1, at, at, "boo", false), Token);
        await Failures.SaveAsync(new(two, new(9), 2, at, at.AddSeconds(1), "ü😀\n", true), Token);
        await Failures.SaveAsync(new(one, new(6), 3, at, at.AddSeconds(2), "again", false), Token);

        (await Failures.FindAsync(one, Token)).ShouldBe(new(one, new(6), 3, at, at.AddSeconds(2), "again", false));
        (await Failures.ReadAllAsync(Token)).ShouldBe(
        [
            new(one, new(6), 3, at, at.AddSeconds(2), "again", false), new(two, new(9), 2, at, at.AddSeconds(1), "ü😀\n", true),
        ]);
        await Failures.ClearAsync([one, Shard("other", 0, 1023)], Token);
        (await Failures.FindAsync(one, Token)).ShouldBeNull();
        (await Failures.ReadAllAsync(Token)).ShouldHaveSingleItem().Shard.ShouldBe(two);
    }

    private static ShardName Shard(string name, short first, short last) => new(name, 1, new(first, last), "main");
}
