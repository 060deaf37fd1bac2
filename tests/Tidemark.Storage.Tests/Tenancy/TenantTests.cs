using Tidemark.Events;
using Tidemark.Storage.Tests.Stores;
using Tidemark.Tenancy;

namespace Tidemark.Storage.Tests.Tenancy;

/// <summary>Which database each tenant is in.</summary>
public abstract class TenantTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private ITenantStore Tenants => Storage.Tenants;

    [Fact]
    public async Task Read_of_a_new_store_has_nothing_new() => (await Tenants.ReadAsync(0, Token)).ShouldBeNull();

    [Fact]
    public async Task Added_tenant_is_read_as_it_was_returned()
    {
        var before = DateTimeOffset.UtcNow;

        var added = await Tenants.AddAsync("acme", "db-1", Token);

        added.ShouldBe(new Tenant("acme", "db-1", TenantState.Active, added.AddedAt));
        added.AddedAt.ShouldBeInRange(before.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        var roll = (await Tenants.ReadAsync(0, Token)).ShouldNotBeNull();
        roll.Tenants.ShouldHaveSingleItem().ShouldBe(added);
        roll.Change.ShouldBe(1);
    }

    [Fact]
    public async Task Read_with_the_newest_change_has_nothing_new_and_with_another_one_everything()
    {
        await Tenants.AddAsync("acme", "db-1", Token);
        await Tenants.AddAsync("blue", "db-2", Token);

        (await Tenants.ReadAsync(2, Token)).ShouldBeNull();
        (await Tenants.ReadAsync(1, Token))!.Tenants.Count.ShouldBe(2);
        // As after a restore: a node knows a change that the database has forgotten.
        (await Tenants.ReadAsync(7, Token))!.Change.ShouldBe(2);
    }

    [Fact]
    public async Task Tenants_come_in_the_order_of_their_ids_code_points()
    {
        string[] ordered = ["", "A", "B", "a", "ä", "\uFFFD", "😀"];
        foreach (var id in ordered.Reverse())
            await Tenants.AddAsync(id, "db-1", Token);

        (await Tenants.ReadAsync(0, Token))!.Tenants.Select(t => t.Id.Value).ShouldBe(ordered);
    }

    [Fact]
    public async Task Tenant_that_is_there_stays_in_its_database_and_is_no_change()
    {
        var added = await Tenants.AddAsync("acme", "db-1", Token);

        (await Tenants.AddAsync("acme", "db-2", Token)).ShouldBe(added);

        (await Tenants.ReadAsync(1, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Removed_tenant_is_listed_as_removed_and_comes_back_to_its_former_database()
    {
        var added = await Tenants.AddAsync("acme", "db-1", Token);

        (await Tenants.RemoveAsync("acme", Token)).ShouldBeTrue();

        (await Tenants.ReadAsync(1, Token))!.Tenants.ShouldHaveSingleItem().ShouldBe(added with { State = TenantState.Removed });
        (await Tenants.AddAsync("acme", "db-2", Token)).ShouldBe(added);
        var roll = (await Tenants.ReadAsync(2, Token)).ShouldNotBeNull();
        roll.Tenants.ShouldHaveSingleItem().ShouldBe(added);
        roll.Change.ShouldBe(3);
    }

    [Fact]
    public async Task Removing_again_finds_it_and_is_no_change_and_removing_an_unknown_one_finds_nothing()
    {
        await Tenants.AddAsync("acme", "db-1", Token);
        await Tenants.RemoveAsync("acme", Token);

        (await Tenants.RemoveAsync("acme", Token)).ShouldBeTrue();
        (await Tenants.RemoveAsync("nobody", Token)).ShouldBeFalse();

        (await Tenants.ReadAsync(2, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Database_without_a_name_is_refused()
    {
        await Should.ThrowAsync<ArgumentException>(async () => await Tenants.AddAsync("acme", "", Token));

        (await Tenants.ReadAsync(0, Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Same_tenant_added_by_8_at_once_is_in_the_database_of_one_of_them_and_all_are_told_so()
    {
        await using var other = Store.OpenAgain();
        for (var round = 1; round <= 10; round++)
        {
            TenantId id = $"tenant-{round}";
            var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => Task.Run(async () =>
                await (n % 2 == 0 ? Tenants : other.Tenants).AddAsync(id, $"db-{n}", Token))));

            answers.Distinct().ShouldHaveSingleItem();
            var roll = (await Tenants.ReadAsync(round - 1, Token)).ShouldNotBeNull();
            roll.Change.ShouldBe(round);
            roll.Tenants.Single(t => t.Id == id).ShouldBe(answers[0]);
        }
    }

    [Fact]
    public async Task Reader_who_asks_for_what_is_new_while_others_add_and_remove_misses_nothing()
    {
        const int each = 25;
        await using var other = Store.OpenAgain();
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                TenantId id = $"tenant-{writer}-{i}";
                await (writer % 2 == 0 ? Tenants : other.Tenants).AddAsync(id, "db-1", Token);
                if (i % 2 == 0)
                    await other.Tenants.RemoveAsync(id, Token);
            }
        })));

        var (known, tenants) = (0L, 0);
        IReadOnlyList<Tenant> last = [];
        bool ended;
        do
        {
            ended = writing.IsCompleted;
            if (await Tenants.ReadAsync(known, Token) is not { } roll)
                continue;
            roll.Change.ShouldBeGreaterThan(known);
            roll.Tenants.Count.ShouldBeGreaterThanOrEqualTo(tenants);
            // Each tenant is one change, each removal another one: a roll is of one moment.
            roll.Change.ShouldBe(roll.Tenants.Count + roll.Tenants.Count(t => t.State == TenantState.Removed));
            (known, tenants, last) = (roll.Change, roll.Tenants.Count, roll.Tenants);
        }
        while (!ended);

        await writing;
        last.Count.ShouldBe(4 * each);
        last.ShouldAllBe(t => (t.State == TenantState.Removed) == (int.Parse(t.Id.Value.Split('-', 3)[2]) % 2 == 0));
    }
}
