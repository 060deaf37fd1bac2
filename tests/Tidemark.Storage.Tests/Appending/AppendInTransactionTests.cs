using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Appending;

/// <summary>Appends inside a transaction, whoever began it.</summary>
public abstract class AppendInTransactionTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    protected abstract Task<TestTransaction> BeginAsync();

    [Fact]
    public async Task Append_in_a_transaction_is_visible_only_after_its_commit()
    {
        await AppendAsync("before");
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 2);
        await using var transaction = await BeginAsync();

        var outcome = (await Log.AppendAsync(transaction.Handle, [append], Token)).ShouldHaveSingleItem();

        outcome.Status.ShouldBe(AppendStatus.Appended);
        (await ReadLogAsync()).ShouldHaveSingleItem();
        (await ReadStreamAsync("order-1")).ShouldBeEmpty();
        (await Log.FindStreamAsync(TenantId.Default, "order-1", Token)).ShouldBeNull();
        (await Log.FindEventAsync(append.Events[0].Id, Token)).ShouldBeNull();
        (await Log.FindEventIdAsync(outcome.First, Token)).ShouldBeNull();

        await transaction.CommitAsync(Token);

        (await ReadStreamAsync("order-1")).Select(e => e.Id).ShouldBe(append.Events.Select(e => e.Id));
        (await ReadLogAsync())[^1].Position.ShouldBe(outcome.Last);
        (await Log.FindStreamAsync(TenantId.Default, "order-1", Token))!.Version.ShouldBe(outcome.Version);
    }

    [Fact]
    public async Task Append_that_is_rolled_back_leaves_nothing()
    {
        await AppendAsync("order-1", 2);
        await using (var transaction = await BeginAsync())
        {
            var outcomes = await Log.AppendAsync(
                transaction.Handle,
                [Make.Append("order-1", ExpectedVersion.Exactly(2), 2), Make.Append("order-2", ExpectedVersion.NoStream)],
                Token);
            outcomes.ShouldAllBe(o => o.Status == AppendStatus.Appended);
        }

        (await ReadLogAsync()).Count.ShouldBe(2);
        (await Log.FindStreamAsync(TenantId.Default, "order-1", Token))!.Version.ShouldBe(new StreamVersion(2));
        (await Log.FindStreamAsync(TenantId.Default, "order-2", Token)).ShouldBeNull();
        (await AppendAsync(Make.Append("order-1", ExpectedVersion.Exactly(2)))).Version.ShouldBe(new StreamVersion(3));
        (await AppendAsync(Make.Append("order-2", ExpectedVersion.NoStream))).Version.ShouldBe(new StreamVersion(1));
    }

    [Fact]
    public async Task Appends_of_one_transaction_see_each_other()
    {
        await using var transaction = await BeginAsync();

        await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.NoStream, 2)], Token);
        var conflict = (await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.NoStream)], Token))[0];
        var second = (await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.Exactly(2), 2)], Token))[0];
        await transaction.CommitAsync(Token);

        conflict.ShouldBe(new AppendOutcome(AppendStatus.Conflict, new(2), default, default));
        second.Version.ShouldBe(new StreamVersion(4));
        var read = await ReadStreamAsync("order-1");
        read.Select(e => e.Version.Value).ShouldBe([1L, 2L, 3L, 4L]);
        read.Select(e => e.Position.Value).ShouldBeInOrder();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Append_of_several_streams_with_one_conflict_leaves_nothing_of_that_call(int failing)
    {
        await AppendAsync("s-1");
        var appends = Enumerable.Range(0, 3).Select(i => Make.Append($"s-{i}", Make.Expected(i == failing ? "9" : "any"), 2)).ToArray();
        await using var transaction = await BeginAsync();
        await Log.AppendAsync(transaction.Handle, [Make.Append("kept", ExpectedVersion.NoStream, 2)], Token);

        var outcomes = await Log.AppendAsync(transaction.Handle, appends, Token);
        await transaction.CommitAsync(Token);

        outcomes[failing].Status.ShouldBe(AppendStatus.Conflict);
        outcomes.ShouldAllBe(o => !o.IsStored);
        (await ReadLogAsync()).Select(e => e.StreamId.Value).ShouldBe(["s-1", "kept", "kept"]);
        (await Log.FindStreamAsync(TenantId.Default, "s-0", Token)).ShouldBeNull();
        (await Log.FindStreamAsync(TenantId.Default, "s-1", Token))!.Version.ShouldBe(new StreamVersion(1));
        (await AppendAsync(Make.Append("s-0", ExpectedVersion.NoStream))).Version.ShouldBe(new StreamVersion(1));
    }

    [Fact]
    public async Task Append_to_an_archived_stream_in_a_transaction_is_refused_and_the_transaction_goes_on()
    {
        await AppendAsync("archived");
        await Log.SetArchivedAsync(TenantId.Default, "archived", true, Token);
        await using var transaction = await BeginAsync();

        var refused = await Log.AppendAsync(transaction.Handle, [Make.Append("archived", ExpectedVersion.Any)], Token);
        var stored = await Log.AppendAsync(transaction.Handle, [Make.Append("open", ExpectedVersion.Any)], Token);
        await transaction.CommitAsync(Token);

        refused[0].Status.ShouldBe(AppendStatus.Archived);
        stored[0].Status.ShouldBe(AppendStatus.Appended);
        (await ReadStreamAsync("archived")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Stream_read_in_a_transaction_sees_its_own_appends_and_nobody_elses_open_ones()
    {
        await AppendAsync("order-1", 2);
        var read = new StreamRead(TenantId.Default, "order-1", new(1), new(long.MaxValue), Backwards: false, 100);
        await using var transaction = await BeginAsync();
        (await Log.ReadStreamAsync(transaction.Handle, read, Token)).Count.ShouldBe(2);

        await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.Exactly(2), 2)], Token);

        (await Log.ReadStreamAsync(transaction.Handle, read, Token)).Select(e => e.Version.Value).ShouldBe([1L, 2L, 3L, 4L]);
        var backwards = read with { From = new(long.MaxValue), To = new(1), Backwards = true, EventsMax = 1 };
        (await Log.ReadStreamAsync(transaction.Handle, backwards, Token)).ShouldHaveSingleItem().Version.ShouldBe(new StreamVersion(4));
        (await Log.ReadStreamAsync(transaction.Handle, read with { Stream = "missing" }, Token)).ShouldBeEmpty();
        (await Log.ReadStreamAsync(read, Token)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Append_to_a_stream_of_an_open_transaction_waits_and_then_conflicts()
    {
        await using var transaction = await BeginAsync();
        await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.NoStream, 2)], Token);

        var waiting = Task.Run(() => AppendAsync(Make.Append("order-1", ExpectedVersion.NoStream)));
        await transaction.CommitAsync(Token);

        (await waiting).ShouldBe(new AppendOutcome(AppendStatus.Conflict, new(2), default, default));
    }

    [Fact]
    public async Task Append_to_a_stream_of_a_transaction_that_rolls_back_waits_and_then_succeeds()
    {
        Task<AppendOutcome> waiting;
        await using (var transaction = await BeginAsync())
        {
            await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.NoStream, 2)], Token);
            waiting = Task.Run(() => AppendAsync(Make.Append("order-1", ExpectedVersion.NoStream)));
        }

        (await waiting).Version.ShouldBe(new StreamVersion(1));
    }

    [Fact]
    public async Task Append_to_another_stream_goes_on_beside_an_open_transaction_where_writers_run_side_by_side()
    {
        await using var transaction = await BeginAsync();
        await Log.AppendAsync(transaction.Handle, [Make.Append("order-1", ExpectedVersion.NoStream)], Token);

        var beside = Task.Run(() => AppendAsync("order-2"));
        if (Store.WritersRunSideBySide)
            await beside;
        await transaction.CommitAsync(Token);
        await beside;

        (await ReadLogAsync()).Select(e => e.StreamId.Value).ShouldBe(["order-1", "order-2"]);
    }
}

/// <summary>The store's own transactions.</summary>
public abstract class AppendInOwnTransactionTests<TKind> : AppendInTransactionTests<TKind>
    where TKind : ITestStoreKind
{
    protected override Task<TestTransaction> BeginAsync() => TestTransaction.OwnAsync(Log, Token);

    [Fact]
    public async Task Own_transaction_has_an_ado_transaction_where_there_is_sql()
    {
        await using var transaction = await Log.BeginAsync(Token);

        (transaction.Transaction is not null).ShouldBe(ReadModels.SupportsSql);
    }

    [Fact]
    public async Task Own_transaction_cannot_be_used_after_its_commit()
    {
        await using var transaction = await Log.BeginAsync(Token);
        await transaction.CommitAsync(Token);

        await Should.ThrowAsync<Exception>(
            async () => await Log.AppendAsync(transaction, [Make.Append("order-1", ExpectedVersion.Any)], Token));
        (await ReadLogAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Own_transaction_can_be_disposed_twice_and_after_commit()
    {
        var transaction = await Log.BeginAsync(Token);
        await Log.AppendAsync(transaction, [Make.Append("order-1", ExpectedVersion.Any)], Token);
        await transaction.CommitAsync(Token);

        await transaction.DisposeAsync();
        await transaction.DisposeAsync();

        (await ReadLogAsync()).ShouldHaveSingleItem();
        await AppendAsync("order-1");
    }
}

/// <summary>Transactions that the application began, on a connection of its own. Stores with SQL only.</summary>
public abstract class AppendInLentTransactionTests<TKind> : AppendInTransactionTests<TKind>
    where TKind : ITestStoreKind
{
    protected override async Task<TestTransaction> BeginAsync() =>
        await TestTransaction.LentAsync(Log, await Store.ConnectAsync(Token), Token);

    [Fact]
    public async Task Lent_transaction_commits_the_applications_rows_and_the_events_together()
    {
        await using var connection = await Store.ConnectAsync(Token);
        await connection.ExecuteAsync("create table own_rows (n bigint)", Token);
        await using (var rolledBack = await connection.BeginTransactionAsync(Token))
        {
            await connection.ExecuteAsync("insert into own_rows values (1)", Token, rolledBack);
            await Log.AppendAsync(Log.Lend(rolledBack), [Make.Append("order-1", ExpectedVersion.Any)], Token);
        }

        await using (var committed = await connection.BeginTransactionAsync(Token))
        {
            await connection.ExecuteAsync("insert into own_rows values (2)", Token, committed);
            await Log.AppendAsync(Log.Lend(committed), [Make.Append("order-2", ExpectedVersion.Any)], Token);
            await committed.CommitAsync(Token);
        }

        (await connection.ScalarAsync("select sum(n) from own_rows", Token)).ShouldBe("2");
        (await ReadLogAsync()).Select(e => e.StreamId.Value).ShouldBe(["order-2"]);
    }

    [Fact]
    public async Task Lent_transaction_refuses_to_be_committed_by_the_store()
    {
        await using var connection = await Store.ConnectAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var lent = Log.Lend(transaction);

        await Should.ThrowAsync<InvalidOperationException>(async () => await lent.CommitAsync(Token));

        await Log.AppendAsync(lent, [Make.Append("order-1", ExpectedVersion.Any)], Token);
        await transaction.CommitAsync(Token);
        (await ReadLogAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Lent_transaction_outlives_the_disposal_of_its_handle()
    {
        await using var connection = await Store.ConnectAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var lent = Log.Lend(transaction);
        await Log.AppendAsync(lent, [Make.Append("order-1", ExpectedVersion.Any)], Token);

        await lent.DisposeAsync();
        await connection.ExecuteAsync("create table own_rows (n bigint)", Token, transaction);
        await transaction.CommitAsync(Token);

        (await ReadLogAsync()).ShouldHaveSingleItem();
    }
}
