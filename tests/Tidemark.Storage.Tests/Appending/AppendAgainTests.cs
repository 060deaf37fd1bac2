using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Appending;

/// <summary>I3: appending the same ids again after a lost answer changes nothing and returns the first result.</summary>
public abstract class AppendAgainTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Theory]
    [InlineData(0, "any", 0)]
    [InlineData(0, "any", 3)]
    [InlineData(0, "none", 0)]
    [InlineData(0, "none", 3)]
    [InlineData(2, "2", 0)]
    [InlineData(2, "2", 3)]
    [InlineData(2, "any", 3)]
    [InlineData(2, "exists", 0)]
    [InlineData(2, "exists", 3)]
    public async Task Append_again_answers_the_first_result(int before, string expected, int after)
    {
        if (before > 0)
            await AppendAsync("order-1", before);
        var append = Make.Append("order-1", Make.Expected(expected), 2);
        var first = await AppendAsync(append);
        if (after > 0)
            await AppendAsync("order-1", after);

        var again = await AppendAsync(append);

        again.ShouldBe(first with { Status = AppendStatus.AlreadyAppended });
        (await ReadStreamAsync("order-1")).Count.ShouldBe(before + 2 + after);
        (await ReadLogAsync()).Count.ShouldBe(before + 2 + after);
    }

    [Fact]
    public async Task Append_again_to_a_stream_that_is_archived_now_answers_the_first_result()
    {
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 2);
        var first = await AppendAsync(append);
        await Log.SetArchivedAsync(TenantId.Default, "order-1", true, Token);

        (await AppendAsync(append)).ShouldBe(first with { Status = AppendStatus.AlreadyAppended });
    }

    [Fact]
    public async Task Append_again_in_a_transaction_answers_the_first_result()
    {
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 2);
        var first = await AppendAsync(append);

        await using var transaction = await Log.BeginAsync(Token);
        var again = await Log.AppendAsync(transaction, [append], Token);
        await transaction.CommitAsync(Token);

        again.ShouldBe([first with { Status = AppendStatus.AlreadyAppended }]);
        (await ReadLogAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Append_of_the_first_of_several_stored_ids_answers_already_appended()
    {
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 3);
        var first = await AppendAsync(append);

        var again = await AppendAsync(append with { Events = [append.Events[0]] });

        again.ShouldBe(new AppendOutcome(AppendStatus.AlreadyAppended, new(1), first.First, first.First));
    }

    [Theory]
    [InlineData("any")]
    [InlineData("2")]
    public async Task Append_of_stored_and_new_ids_answers_id_conflict(string expected)
    {
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 2);
        await AppendAsync(append);

        var newLast = await AppendAsync(Make.Append("order-1", Make.Expected(expected), [.. append.Events, Make.Event()]));
        var newFirst = await AppendAsync(Make.Append("order-1", Make.Expected(expected), [Make.Event(), append.Events[1]]));

        newLast.Status.ShouldBe(AppendStatus.IdConflict);
        newFirst.Status.ShouldBe(AppendStatus.IdConflict);
        (await ReadStreamAsync("order-1")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Append_of_stored_ids_in_another_order_answers_id_conflict()
    {
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 3);
        await AppendAsync(append);

        var outcome = await AppendAsync(Make.Append("order-1", ExpectedVersion.Any, [.. append.Events.Reverse()]));

        outcome.Status.ShouldBe(AppendStatus.IdConflict);
    }

    [Theory]
    [InlineData("order-2", "", "any")]
    [InlineData("order-2", "", "none")]
    [InlineData("order-1", "north", "any")]
    [InlineData("order-1", "north", "none")]
    public async Task Append_of_another_streams_ids_answers_id_conflict(string stream, string tenant, string expected)
    {
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 2);
        await AppendAsync(append);

        var whole = await AppendAsync(Make.Append(stream, Make.Expected(expected), append.Events, tenant));
        var mixed = await AppendAsync(Make.Append(stream, Make.Expected(expected), [Make.Event(), append.Events[0]], tenant));

        whole.Status.ShouldBe(AppendStatus.IdConflict);
        mixed.Status.ShouldBe(AppendStatus.IdConflict);
        (await Log.FindStreamAsync(tenant, stream, Token)).ShouldBeNull();
        (await AppendAsync(Make.Append(stream, ExpectedVersion.NoStream, Make.Events(1), tenant))).Version.ShouldBe(new StreamVersion(1));
    }

    [Fact]
    public async Task Append_of_a_mix_of_ids_with_an_unmet_expectation_stores_nothing()
    {
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 2);
        await AppendAsync(append);

        var outcome = await AppendAsync(Make.Append("order-1", ExpectedVersion.NoStream, [append.Events[0], Make.Event()]));

        outcome.IsStored.ShouldBeFalse();
        (await ReadStreamAsync("order-1")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Ids_of_a_rolled_back_append_can_be_used()
    {
        var append = Make.Append("order-1", ExpectedVersion.NoStream, 2);
        await using (var transaction = await Log.BeginAsync(Token))
            await Log.AppendAsync(transaction, [append], Token);

        (await AppendAsync(append)).Status.ShouldBe(AppendStatus.Appended);
    }
}
