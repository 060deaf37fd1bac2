using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Storage.Tests.ReadModels;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Checkpoints;

/// <summary>
/// Tenants that a shard has left behind: they are stored with its checkpoint, under its fence, in the commit of the effects.
/// </summary>
public abstract class TenantsBehindTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly ShardName Shard = new("Orders", 1, SlotRange.All, "main");
    private static readonly DateTimeOffset Moment = new(2026, 3, 1, 12, 30, 15, 123, TimeSpan.Zero);

    private static readonly TenantBehind Flooding = new("acme", new(7), TenantBehindReason.Flood)
    {
        Ahead = [new(new(0, 99), new(31)), new(new(100, 511), new(5_000_000_000_000))],
    };

    private static readonly TenantBehind Failing = new("größe \"1\" 🌊", new(3), TenantBehindReason.Error)
    {
        Problem = new("Apply", "no \"quotes\"\r\n\u0001 'or' \u2028 lines 🌊", new(4), 3, Moment, Moment.AddMinutes(2)),
    };

    [Fact]
    public async Task They_come_back_with_every_read_of_the_checkpoint()
    {
        await MovedAsync([Flooding, Failing]);

        ShouldBe((await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem(), Flooding, Failing);
        ShouldBe(await Checkpoints.OpenAsync(Shard, null, Token), Flooding, Failing);
        await using var other = Store.OpenAgain();
        ShouldBe(await other.Checkpoints.OpenAsync(Shard, null, Token), Flooding, Failing);
    }

    [Fact]
    public async Task Move_that_names_none_leaves_them_and_the_empty_list_takes_them_away()
    {
        await MovedAsync([Flooding]);

        await Checkpoints.MoveAsync(Move(1, 20, 30, null), Token);
        ShouldBe((await Checkpoints.ReadAllAsync(Token)).Single(), Flooding);

        await Checkpoints.MoveAsync(Move(1, 30, 30, []), Token);
        ShouldBe((await Checkpoints.ReadAllAsync(Token)).Single());
        await Checkpoints.MoveAsync(Move(1, 30, 30, [Failing]), Token);
        ShouldBe((await Checkpoints.ReadAllAsync(Token)).Single(), Failing);
    }

    [Fact]
    public async Task Many_of_them_with_long_messages_come_back()
    {
        var many = Enumerable.Range(0, 1000).Select(n => new TenantBehind($"tenant-{n}", new(n), TenantBehindReason.Error)
        {
            Problem = new("Apply", new string('x', 5000) + n, new(n + 1), n, Moment, Moment),
        }).ToArray();

        await MovedAsync(many);

        ShouldBe((await Checkpoints.ReadAllAsync(Token)).Single(), many);
        many[5].Problem!.Message.Length.ShouldBe(ShardProblem.MessageCharsMax);
    }

    [Theory]
    [InlineData(1, 20)] // an older epoch
    [InlineData(2, 19)] // another position
    public async Task Fenced_owner_changes_none_of_them(long epoch, long previous)
    {
        await MovedAsync([Flooding]);
        await Checkpoints.OpenAsync(Shard, new(2), Token);

        await Should.ThrowAsync<FencedException>(async () => await Checkpoints.MoveAsync(Move(epoch, previous, 30, [Failing]), Token));
        await Should.ThrowAsync<FencedException>(async () => await Checkpoints.MoveAsync(Move(epoch, previous, 30, []), Token));

        var stored = (await Checkpoints.ReadAllAsync(Token)).Single();
        stored.Position.ShouldBe(new Position(20));
        ShouldBe(stored, Flooding);
    }

    [Fact]
    public async Task Effects_of_a_tenant_and_its_place_are_written_together_or_not_at_all()
    {
        await ReadModels.PrepareAsync("Orders", 1, new DocumentSchema("orders"), 1, Token);
        await MovedAsync([Flooding]);

        await ReadModels.CommitAsync(Commit(1, "a", Flooding with { Position = new(9) }), Token);
        (await ReadModels.FindLiveAsync("orders", Documents.Key("a"), Token)).ShouldNotBeNull();
        ShouldBe((await Checkpoints.ReadAllAsync(Token)).Single(), Flooding with { Position = new(9) });

        await Checkpoints.OpenAsync(Shard, new(2), Token);
        await Should.ThrowAsync<FencedException>(
            async () => await ReadModels.CommitAsync(Commit(1, "b", Flooding with { Position = new(11) }), Token));
        await using (var transaction = await Log.BeginAsync(Token))
            await ReadModels.WriteAsync(transaction, Commit(2, "c", Flooding with { Position = new(12) }), Token);

        (await ReadModels.FindLiveAsync("orders", Documents.Key("b"), Token)).ShouldBeNull();
        (await ReadModels.FindLiveAsync("orders", Documents.Key("c"), Token)).ShouldBeNull();
        ShouldBe((await Checkpoints.ReadAllAsync(Token)).Single(), Flooding with { Position = new(9) });
        await using (var transaction = await Log.BeginAsync(Token))
        {
            await ReadModels.WriteAsync(transaction, Commit(2, "d"), Token);
            await transaction.CommitAsync(Token);
        }

        ShouldBe((await Checkpoints.ReadAllAsync(Token)).Single());
    }

    [Fact]
    public async Task Shards_that_take_the_place_of_others_have_those_they_are_given()
    {
        await MovedAsync([Flooding, Failing]);
        var (low, high) = (Shard with { Slots = new(0, 511) }, Shard with { Slots = new(512, 1023) });
        Checkpoint[] made =
        [
            new(low, new(20), new(9), null, default, default) { Behind = [Failing] },
            new(high, new(20), new(9), null, default, default),
        ];

        await Checkpoints.ReplaceAsync([Shard], made, Token);

        var stored = (await Checkpoints.ReadAllAsync(Token)).ToDictionary(c => c.Shard);
        ShouldBe(stored[low], Failing);
        ShouldBe(stored[high]);
        await Checkpoints.ReplaceAsync([low, high], [new(Shard, new(20), new(10), null, default, default) { Behind = [Flooding] }], Token);
        ShouldBe((await Checkpoints.ReadAllAsync(Token)).Single(), Flooding);
    }

    [Fact]
    public async Task Log_read_leaves_tenants_out()
    {
        var last = Position.Beginning;
        foreach (var tenant in (string[])["", "acme", "bolt", "acme", "größe \"1\" 🌊", ""])
            last = (await AppendAsync("s", tenant: tenant)).Last;

        async Task<string[]> ReadAsync(LogFilter filter)
        {
            var page = await Log.ReadAsync(new(Position.Beginning, last, filter, 100, int.MaxValue), Token);
            page.ScannedThrough.ShouldBe(last);
            return [.. page.Events.Select(e => e.Tenant.Value)];
        }

        (await ReadAsync(new() { ExceptTenants = ["acme"] })).ShouldBe(["", "bolt", "größe \"1\" 🌊", ""]);
        (await ReadAsync(new() { ExceptTenants = [TenantId.Default, "größe \"1\" 🌊"] })).ShouldBe(["acme", "bolt", "acme"]);
        (await ReadAsync(new() { ExceptTenants = [] })).Length.ShouldBe(6);
        (await ReadAsync(new(Types: ["happened"], Tenants: ["acme", "bolt"]) { ExceptTenants = ["bolt"] })).ShouldBe(["acme", "acme"]);
    }

    [Fact]
    public async Task Store_knows_whether_it_has_several_tenants()
    {
        (await Log.HasSeveralTenantsAsync(Token)).ShouldBeFalse();
        await AppendAsync("s", tenant: "acme");
        await AppendAsync("t", tenant: "acme");
        (await Log.HasSeveralTenantsAsync(Token)).ShouldBeFalse();
        await AppendAsync("s");
        (await Log.HasSeveralTenantsAsync(Token)).ShouldBeTrue();
    }

    private static CheckpointMove Move(long epoch, long previous, long next, IReadOnlyList<TenantBehind>? behind) =>
        new(Shard, new(epoch), new(previous), new(next), null, default) { Behind = behind };

    private static ReadModelCommit Commit(long epoch, string key, params TenantBehind[] behind) => new()
    {
        Move = Move(epoch, 20, 20, behind),
        Documents = [new("orders", 1, [Documents.Of(key, "9")], [])],
    };

    private static void ShouldBe(Checkpoint stored, params TenantBehind[] behind) =>
        TenantBehind.Format(stored.Behind).ShouldBe(TenantBehind.Format(behind));

    private async Task MovedAsync(IReadOnlyList<TenantBehind> behind)
    {
        await Checkpoints.OpenAsync(Shard, new(1), Token);
        await Checkpoints.MoveAsync(Move(1, 0, 20, behind), Token);
    }
}
