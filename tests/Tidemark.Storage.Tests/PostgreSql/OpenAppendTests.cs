using Npgsql;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.PostgreSql;

/// <summary>The mark while sessions of the application hold appends open (I4 to I6).</summary>
public sealed class OpenAppendTests : StoreTests<PostgreSqlStore>
{
    private PostgreSqlStore PostgreSql => (PostgreSqlStore)Store;

    [Fact]
    public async Task Mark_stands_before_the_oldest_open_append_while_others_commit()
    {
        await using var older = await PostgreSql.ConnectAsync("older", Token);
        await using var newer = await PostgreSql.ConnectAsync("newer", Token);
        await using var first = await older.BeginTransactionAsync(Token);
        var oldest = await AppendInAsync(first, "older");
        await using var second = await newer.BeginTransactionAsync(Token);
        var middle = await AppendInAsync(second, "newer");
        var last = (await AppendAsync("quick", 3)).Last;

        var reading = await HighWater.ReadAsync(Position.Beginning, Token);
        reading.Mark.ShouldBeLessThan(oldest.First);
        reading.Last.ShouldBe(last);

        await first.CommitAsync(Token);
        var next = await HighWater.ReadAsync(reading.Mark, Token);
        next.Mark.ShouldBeGreaterThanOrEqualTo(oldest.Last);
        next.Mark.ShouldBeLessThan(middle.First);

        await second.RollbackAsync(Token);
        (await HighWater.ReadAsync(next.Mark, Token)).ShouldBe(new(last, last));
    }

    [Fact]
    public async Task Mark_passes_the_append_of_a_session_that_is_ended_by_force()
    {
        await using var connection = await PostgreSql.ConnectAsync("stuck", Token);
        await using var stuck = await connection.BeginTransactionAsync(Token);
        var open = await AppendInAsync(stuck, "stuck");
        var last = (await AppendAsync("quick")).Last;
        var blocker = (await HighWater.ReadBlockersAsync(Token)).ShouldHaveSingleItem();

        await using var operating = await PostgreSql.ConnectAsync("operator", Token);
        await operating.ExecuteAsync($"select pg_terminate_backend({blocker.Session}, 10000)", Token);

        (await HighWater.ReadAsync(Position.Beginning, Token)).ShouldBe(new(last, last));
        (await HighWater.ReadBlockersAsync(Token)).ShouldBeEmpty();
        (await Log.FindEventIdAsync(open.First, Token)).ShouldBeNull();
        (await ReadLogAsync()).Select(e => e.StreamId.Value).ShouldBe(["quick"]);
    }

    [Fact]
    public async Task Mark_is_not_held_back_by_an_unrelated_open_transaction_that_writes()
    {
        await using var connection = await PostgreSql.ConnectAsync("report", Token);
        await connection.ExecuteAsync("create table own_rows (n int)", Token);
        await using var unrelated = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Token);
        await connection.ExecuteAsync("insert into own_rows values (1)", Token);
        await connection.ExecuteAsync("select pg_advisory_xact_lock_shared(1), pg_advisory_xact_lock(7, 8)", Token);

        for (var i = 0; i < 3; i++)
        {
            var last = (await AppendAsync("order-1")).Last;
            (await HighWater.ReadAsync(Position.Beginning, Token)).ShouldBe(new(last, last));
        }

        (await HighWater.ReadBlockersAsync(Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Mark_is_not_held_back_by_a_caller_that_waits_for_a_stream()
    {
        await using var connection = await PostgreSql.ConnectAsync("holder", Token);
        await AppendAsync("contested");
        await using var holder = await connection.BeginTransactionAsync(Token);
        await connection.ExecuteAsync("select 1 from streams for update", Token);
        var waiting = Task.Run(() => AppendAsync("contested"));
        await using var watching = await PostgreSql.ConnectAsync("watcher", Token);
        var blocked = $"select count(*) from pg_locks where not granted and {connection.ProcessID} = any (pg_blocking_pids(pid))";
        while (await watching.ScalarAsync(blocked, Token) == "0")
            Token.ThrowIfCancellationRequested();

        var last = (await AppendAsync("other")).Last;
        (await HighWater.ReadAsync(Position.Beginning, Token)).ShouldBe(new(last, last));

        await holder.CommitAsync(Token);
        (await waiting).Version.ShouldBe(new StreamVersion(2));
    }

    [Fact]
    public async Task Mark_of_one_store_is_not_held_back_by_another_store_in_the_same_database()
    {
        await using var neighbour = await PostgreSqlStore.CreateAsync(Token);
        await using var transaction = await neighbour.Storage.Log.BeginAsync(Token);
        await neighbour.Storage.Log.AppendAsync(transaction, [Make.Append("order-1", ExpectedVersion.Any)], Token);

        var last = (await AppendAsync("order-1")).Last;

        (await HighWater.ReadAsync(Position.Beginning, Token)).ShouldBe(new(last, last));
        (await HighWater.ReadBlockersAsync(Token)).ShouldBeEmpty();
        (await neighbour.Storage.HighWater.ReadBlockersAsync(Token)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Mark_is_held_back_by_a_prepared_transaction_until_it_is_committed()
    {
        await using var connection = await PostgreSql.ConnectAsync("two phases", Token);
        Assert.SkipWhen(
            await connection.ScalarAsync("show max_prepared_transactions", Token) == "0", "The server prepares no transactions.");
        var name = $"{PostgreSql.Schema}_prepared";
        AppendOutcome open;
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            open = await AppendInAsync(transaction, "prepared");
            await connection.ExecuteAsync($"prepare transaction '{name}'", Token);
        }

        var last = (await AppendAsync("quick")).Last;
        var during = await HighWater.ReadAsync(Position.Beginning, Token);
        during.Mark.ShouldBeLessThan(open.First);
        var blocker = (await HighWater.ReadBlockersAsync(Token)).ShouldHaveSingleItem();
        blocker.Session.ShouldBeNull();
        blocker.Bound.ShouldBeLessThan(open.First);

        await connection.ExecuteAsync($"commit prepared '{name}'", Token);

        (await HighWater.ReadAsync(during.Mark, Token)).ShouldBe(new(last, last));
        (await ReadLogAsync()).Select(e => e.StreamId.Value).ShouldBe(["prepared", "prepared", "quick"]);
    }

    [Fact]
    public async Task Blockers_are_named_oldest_bound_first()
    {
        await using var older = await PostgreSql.ConnectAsync("billing nightly", Token);
        await using var newer = await PostgreSql.ConnectAsync("import", Token);
        await using var first = await older.BeginTransactionAsync(Token);
        var oldest = await AppendInAsync(first, "older");
        await using var second = await newer.BeginTransactionAsync(Token);
        await AppendInAsync(second, "newer");
        await AppendInAsync(second, "newer still");
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);

        var blockers = await HighWater.ReadBlockersAsync(Token);

        var reading = await HighWater.ReadAsync(Position.Beginning, Token);
        blockers.Select(b => b.Bound).ShouldBeInOrder();
        blockers[0].Bound.ShouldBe(reading.Mark);
        blockers[0].Bound.ShouldBeLessThan(oldest.First);
        (blockers[0].Session, blockers[0].Application, blockers[0].State)
            .ShouldBe((older.ProcessID, "billing nightly", "idle in transaction"));
        blockers[0].Since!.Value.ShouldBeInRange(before, DateTimeOffset.UtcNow.AddMinutes(1));
        blockers[0].Age!.Value.ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromMinutes(1));
        blockers.Skip(1).ShouldAllBe(b => b.Session == newer.ProcessID && b.Application == "import");
    }

    [Fact]
    public async Task Blockers_name_a_session_once()
    {
        await using var connection = await PostgreSql.ConnectAsync("import", Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        for (var i = 0; i < 4; i++)
            await AppendInAsync(transaction, $"s-{i}");

        (await HighWater.ReadBlockersAsync(Token)).Select(b => b.Session).ShouldBe([connection.ProcessID]);
    }

    [Fact]
    public async Task Append_in_a_session_with_weak_commits_is_durable_all_the_same()
    {
        await using var connection = await PostgreSql.ConnectAsync("hasty", Token);
        await connection.ExecuteAsync("set synchronous_commit = off", Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);

        await AppendInAsync(transaction, "order-1");

        (await connection.ScalarAsync("show synchronous_commit", Token)).ShouldBe("on");
        await transaction.CommitAsync(Token);
        (await connection.ScalarAsync("show synchronous_commit", Token)).ShouldBe("off");
    }

    [Fact]
    public async Task Conflicts_draw_no_positions()
    {
        var last = (await AppendAsync("order-1")).Last;
        for (var i = 0; i < 5; i++)
        {
            await AppendAsync(Make.Append("order-1", ExpectedVersion.NoStream, 3));
            await Log.AppendAtomicallyAsync(
                [Make.Append("new", ExpectedVersion.Any), Make.Append("order-1", ExpectedVersion.Exactly(9))], Token);
        }

        (await HighWater.ReadAsync(Position.Beginning, Token)).ShouldBe(new(last, last));
    }

    private async Task<AppendOutcome> AppendInAsync(NpgsqlTransaction transaction, string stream)
    {
        var outcome = (await Log.AppendAsync(Log.Lend(transaction), [Make.Append(stream, ExpectedVersion.Any, 2)], Token))[0];
        outcome.Status.ShouldBe(AppendStatus.Appended);
        return outcome;
    }
}
