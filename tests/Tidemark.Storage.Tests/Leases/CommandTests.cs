using Tidemark.Control;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Leases;

/// <summary>Operator commands: rows that any process writes and one node carries out.</summary>
public abstract class CommandTests<TKind> : LeaseCase<TKind>
    where TKind : ITestStoreKind
{
    private ICommandStore Commands => Storage.Commands;

    [Fact]
    public async Task Command_is_stored_as_asked()
    {
        (await Commands.FindAsync(1, Token)).ShouldBeNull();
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);

        var number = await Commands.AddAsync(OperatorAction.Split, "Orders", """{"parts":4}""", "ärne", Token);

        var command = (await Commands.FindAsync(number, Token)).ShouldNotBeNull();
        command.ShouldBe(new(
            number, OperatorAction.Split, "Orders", """{"parts":4}""", "ärne", command.RequestedAt, CommandState.Pending, null, null,
            null));
        command.RequestedAt.ShouldBeInRange(before, DateTimeOffset.UtcNow.AddSeconds(2));
        (await Commands.ReadOpenAsync(Token)).ShouldBe([command]);
    }

    [Fact]
    public async Task Newest_number_is_told_by_every_tick()
    {
        var node = NewNode();
        (await BeatAsync(node)).LastCommand.ShouldBe(0);
        await AddAsync();
        var last = await AddAsync();

        (await BeatAsync(node)).LastCommand.ShouldBe(last);
        (await ReadAsync()).LastCommand.ShouldBe(last);
    }

    [Fact]
    public async Task Commands_become_visible_in_the_order_of_their_numbers()
    {
        var added = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var numbers = new List<long>();
            for (var i = 0; i < 50; i++)
                numbers.Add(await AddAsync());
            return numbers;
        })));
        var seen = new HashSet<long>();
        long known = 0;
        bool ended;
        do
        {
            // Who has seen a number looks only above it later.
            ended = added.IsCompleted;
            var last = (await ReadAsync()).LastCommand;
            seen.UnionWith((await Commands.ReadAsync(last + 1, int.MaxValue, Token)).Select(c => c.Number).Where(n => n > known));
            known = last;
        }
        while (!ended);

        seen.Order().ShouldBe((await added).SelectMany(n => n).Order());
    }

    [Fact]
    public async Task Read_goes_back_from_the_newest_in_pages()
    {
        for (var i = 0; i < 5; i++)
            await AddAsync();

        var first = await Commands.ReadAsync(null, 2, Token);
        var second = await Commands.ReadAsync(first[^1].Number, 10, Token);

        first.Concat(second).Select(c => c.Number).ShouldBe([5, 4, 3, 2, 1]);
        (await Commands.ReadAsync(null, 0, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Command_is_taken_by_one_of_many()
    {
        var number = await AddAsync();
        var nodes = Enumerable.Range(0, 8).Select(_ => NewNode()).ToArray();
        foreach (var node in nodes)
            await BeatAsync(node);

        var taken = await Task.WhenAll(nodes.Select(n => Task.Run(async () => await Commands.TakeAsync(number, n.Id, Token))));

        taken.Count(t => t).ShouldBe(1);
        var holder = nodes[Array.IndexOf(taken, true)].Id;
        var command = (await Commands.FindAsync(number, Token)).ShouldNotBeNull();
        (command.State, command.Node).ShouldBe((CommandState.Running, holder));
        (await Commands.TakeAsync(number, holder, Token)).ShouldBeTrue("it has it already");
        (await Commands.TakeAsync(number + 1, holder, Token)).ShouldBeFalse("there is none");
    }

    [Fact]
    public async Task Dead_nodes_command_is_taken_over_and_ended_only_by_the_new_holder()
    {
        var (first, second) = (NewNode(), NewNode());
        var number = await AddAsync();
        await BeatAsync(first);
        await BeatAsync(second);
        (await Commands.TakeAsync(number, first.Id, Token)).ShouldBeTrue();
        (await Commands.TakeAsync(number, second.Id, Token)).ShouldBeFalse();
        (await Commands.EndAsync(number, second.Id, true, "not mine", Token)).ShouldBeFalse();
        await ExpireAsync(first);

        (await Commands.TakeAsync(number, second.Id, Token)).ShouldBeTrue();

        (await Commands.EndAsync(number, first.Id, true, "too late", Token)).ShouldBeFalse();
        (await Commands.EndAsync(number, second.Id, false, "It was refused.\0", Token)).ShouldBeTrue();
        var ended = (await Commands.FindAsync(number, Token)).ShouldNotBeNull();
        (ended.State, ended.Node, ended.Result).ShouldBe((CommandState.Failed, second.Id, "It was refused.\ufffd"));
        ended.EndedAt.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(ended.RequestedAt);
        (await Commands.ReadOpenAsync(Token)).ShouldBeEmpty();

        (await Commands.EndAsync(number, second.Id, false, "It was refused.\0", Token)).ShouldBeTrue("the same again");
        (await Commands.EndAsync(number, second.Id, true, "changed my mind", Token)).ShouldBeFalse();
        (await Commands.TakeAsync(number, second.Id, Token)).ShouldBeFalse("it ended");
        (await Commands.FindAsync(number, Token)).ShouldBe(ended);
    }

    [Fact]
    public async Task Command_of_a_node_that_left_can_be_taken_and_a_pending_one_cannot_be_ended()
    {
        var (first, second) = (NewNode(), NewNode());
        var number = await AddAsync();
        (await Commands.EndAsync(number, first.Id, true, "", Token)).ShouldBeFalse();
        await BeatAsync(first);
        (await Commands.TakeAsync(number, first.Id, Token)).ShouldBeTrue();

        await Leases.LeaveAsync(first.Id, Token);

        (await Commands.TakeAsync(number, second.Id, Token)).ShouldBeTrue();
        (await Commands.EndAsync(number, second.Id, true, new string('x', 5_000), Token)).ShouldBeTrue();
        (await Commands.FindAsync(number, Token))!.Result!.Length.ShouldBe(OperatorCommand.ResultCharsMax);
    }

    [Theory]
    [InlineData("", null, "me")]
    [InlineData("Orders\0", null, "me")]
    [InlineData("Orders", null, "")]
    [InlineData("Orders", "a\0b", "me")]
    public async Task Request_that_no_store_could_hold_is_refused(string target, string? argument, string requestedBy)
    {
        await Should.ThrowAsync<ArgumentException>(
            async () => await Commands.AddAsync(OperatorAction.Pause, target, argument, requestedBy, Token));
        (await Commands.ReadOpenAsync(Token)).ShouldBeEmpty();
    }

    private async Task<long> AddAsync() => await Commands.AddAsync(OperatorAction.Pause, "Orders", null, "me", Token);
}
