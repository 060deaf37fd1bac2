using Npgsql;
using Tidemark.Leases;
using Tidemark.Storage.Tests.Leases;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.PostgreSql;

/// <summary>Which locks ticks take and wait for.</summary>
public sealed class LeaseLockTests : LeaseCase<PostgreSqlStore>
{
    [Fact]
    public async Task Heartbeat_does_not_wait_for_a_change_that_is_under_way()
    {
        var node = NewNode();
        var known = (await OwnAsync(node, Shard(0))).Change;
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await connection.ScalarAsync("select next_lease_change()", Token, transaction);

        var view = await TickAsync(Tick(node, known) with { Register = Wanted([Shard(0)]) });

        (view.Change, view.Shards.Count).ShouldBe((known, 0));
    }

    [Fact]
    public async Task Claim_waits_for_a_heartbeat_that_is_under_way_and_heeds_it()
    {
        var (node, taker) = (NewNode(), NewNode());
        await OwnAsync(node, Shard(0));
        await ExpireAsync(node);
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await connection.ExecuteAsync("update nodes set expires_at = clock_timestamp() + interval '1 hour'", Token, transaction);

        var claim = ClaimAsync(taker, Shard(0));
        await IsBlockedAsync(connection, claim);
        await transaction.CommitAsync(Token);

        (await claim).Shards.ShouldHaveSingleItem().Owner.ShouldBe(node.Id);
    }

    [Fact]
    public async Task Heartbeat_that_comes_after_the_claim_of_its_shard_is_told_of_it()
    {
        var (node, taker) = (NewNode(), NewNode());
        await BeatAsync(taker);
        var known = (await OwnAsync(node, Shard(0))).Change;
        await ExpireAsync(node);
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await connection.ScalarAsync("select next_lease_change()", Token, transaction);
        await connection.ScalarAsync("select lock_expired_nodes(clock_timestamp(), null)", Token, transaction);

        var beat = BeatAsync(node, known);
        await IsBlockedAsync(connection, beat);
        await connection.ExecuteAsync($"update leases set owner = '{taker.Id}', epoch = 2, change = {known + 1}", Token, transaction);
        await connection.ExecuteAsync($"update lease_changes set change = {known + 1}", Token, transaction);
        await transaction.CommitAsync(Token);

        var view = await beat;
        (view.Change, view.Shards.ShouldHaveSingleItem().Owner).ShouldBe((known + 1, taker.Id));
    }

    [Fact]
    public async Task Node_that_knows_more_than_a_restored_database_gave_it_is_told_everything_however_much_changed_since()
    {
        var (node, other) = (NewNode(), NewNode());
        await OwnAsync(node, Shards(3));
        await BeatAsync(other);
        await using var connection = await ConnectAsync();
        await connection.ExecuteAsync("create table backup as select * from leases", Token);
        await connection.ExecuteAsync("create table backup_nodes as select * from nodes", Token);
        var change = await connection.ScalarAsync("select change from lease_changes", Token);
        var known = (await TickAsync(Tick(node) with { Release = [Shard(0)] })).Change;

        await connection.ExecuteAsync(
            $"""
            delete from leases; insert into leases select * from backup; update lease_changes set change = {change};
            delete from nodes; insert into nodes select * from backup_nodes
            """,
            Token);
        await TickAsync(Tick(other) with { Ended = [node.Id] });
        await ClaimAsync(other, Shard(1));
        await ClaimAsync(other, Shard(2));

        var view = await BeatAsync(node, known);
        (view.IsComplete, view.Shards.Count, view.Change > known).ShouldBe((true, 3, true));
        Find(view, Shard(0)).Owner.ShouldBe(node.Id, "the release is forgotten");
    }

    [Fact]
    public async Task Leases_do_not_change_in_a_transaction_that_sees_one_snapshot()
    {
        await using var connection = await ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Token);
        var error = await Should.ThrowAsync<PostgresException>(
            () => connection.ScalarAsync("select next_lease_change()", Token, transaction));
        error.MessageText.ShouldContain("READ COMMITTED");
    }

    private Task<NpgsqlConnection> ConnectAsync() => ((PostgreSqlStore)Store).ConnectAsync("leases", Token);

    // Another session asks, as the blocking one is in its transaction.
    private async Task IsBlockedAsync(NpgsqlConnection by, Task call)
    {
        await using var connection = await ConnectAsync();
        while (await connection.ScalarAsync(
            $"select count(*) from pg_stat_activity where {by.ProcessID} = any (pg_blocking_pids(pid))", Token) == "0")
        {
            call.IsCompleted.ShouldBeFalse("it waits for a lock");
        }
    }
}
