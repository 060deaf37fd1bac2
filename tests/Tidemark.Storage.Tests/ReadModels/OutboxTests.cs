using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Tidemark.Checkpoints;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Leases;
using Tidemark.Projections;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.ReadModels;

/// <summary>Messages that wait to be published.</summary>
public abstract class OutboxTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    private static readonly ShardName Shard = new("Orders", 1, SlotRange.All, "main");

    [Fact]
    public async Task Messages_are_read_as_they_were_written_in_the_order_of_their_events()
    {
        OutboxMessage[] messages = [Of(1, 5, 1), Of(2, 5, 0), Of(3, 4, 0), Of(5, 9, 0), Of(4, 9, 0), Of(6, 1, 0, projection: "Carts")];
        await ReadModels.CommitAsync(new() { Messages = messages }, Token);

        var read = await Storage.Outbox.ReadAsync("Orders", SlotRange.All, 100, Token);

        read.Select(Text).ShouldBe(new[] { messages[2], messages[1], messages[0], messages[4], messages[3] }.Select(Text));
        (await Storage.Outbox.ReadAsync("Orders", SlotRange.All, 2, Token)).Select(Text).ShouldBe(read.Take(2).Select(Text));
    }

    [Fact]
    public async Task Messages_are_read_by_the_slots_of_their_events()
    {
        await ReadModels.CommitAsync(new() { Messages = [Of(1, 1, 0, slot: 0), Of(2, 2, 0, slot: 511), Of(3, 3, 0, slot: 512)] }, Token);

        (await Storage.Outbox.ReadAsync("Orders", new(0, 511), 100, Token)).Select(m => m.Position.Value).ShouldBe([1, 2]);
        (await Storage.Outbox.ReadAsync("Orders", new(512, 1023), 100, Token)).Select(m => m.Position.Value).ShouldBe([3]);
    }

    [Fact]
    public async Task Message_that_is_raised_again_is_passed_over_until_it_was_removed()
    {
        await ReadModels.CommitAsync(new() { Messages = [Of(1, 1, 0)] }, Token);
        await ReadModels.CommitAsync(new() { Messages = [Of(1, 1, 0), Of(2, 2, 0)] }, Token);
        (await Storage.Outbox.ReadAsync("Orders", SlotRange.All, 100, Token)).Count.ShouldBe(2);

        await Storage.Outbox.DeleteAsync([Id(1), Id(99)], Token);
        await Storage.Outbox.DeleteAsync([Id(1)], Token);

        (await Storage.Outbox.ReadAsync("Orders", SlotRange.All, 100, Token)).ShouldHaveSingleItem().Id.ShouldBe(Id(2));
    }

    [Fact]
    public async Task Messages_of_a_commit_that_is_fenced_or_rolled_back_are_not_stored()
    {
        await Checkpoints.OpenAsync(Shard, new(2), Token);
        var fenced = new ReadModelCommit { Move = new(Shard, new(1), new(0), new(5), null, default), Messages = [Of(1, 1, 0)] };
        await Should.ThrowAsync<FencedException>(async () => await ReadModels.CommitAsync(fenced, Token));
        await using (var rolledBack = await Log.BeginAsync(Token))
            await ReadModels.WriteAsync(rolledBack, new() { Messages = [Of(2, 1, 0)] }, Token);

        (await Storage.Outbox.ReadAsync("Orders", SlotRange.All, 100, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Checkpoint_message_and_append_commit_together()
    {
        await Checkpoints.OpenAsync(Shard, new(1), Token);
        await using (var transaction = await Log.BeginAsync(Token))
        {
            var commit = new ReadModelCommit { Move = new(Shard, new(1), new(0), new(5), null, default), Messages = [Of(1, 1, 0)] };
            await ReadModels.WriteAsync(transaction, commit, Token);
            await Log.AppendAsync(transaction, [Make.Append("next", ExpectedVersion.Any)], Token);
            await transaction.CommitAsync(Token);
        }

        (await Checkpoints.ReadAllAsync(Token)).ShouldHaveSingleItem().Position.ShouldBe(new Position(5));
        (await ReadLogAsync()).ShouldHaveSingleItem();
        (await Storage.Outbox.ReadAsync("Orders", SlotRange.All, 100, Token)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Projection_on_the_store_appends_and_publishes_once_for_each_event()
    {
        var mailbox = new Mailbox();
        await using var tide = await TidemarkHost.StartAsync(
            t =>
            {
                t.UseStorage(_ => Store.OpenAgain()).Events(e => e.Add<Bought>("bought").Add<Thanked>("thanked")).AddProjection<Buyers>();
                t.Services.AddSingleton<IOutboxPublisher>(mailbox);
            },
            Token);
        for (var i = 1; i <= 20; i++)
            await tide.Store.AppendAsync($"buyer-{i % 3}", ExpectedVersion.Any, [new Bought(i)], Token);
        await tide.Daemon.WaitForCaughtUpAsync(TimeSpan.FromSeconds(30), Token);
        await tide.Daemon.RebuildAsync(nameof(Buyers), Token);
        await tide.Daemon.WaitForCaughtUpAsync(TimeSpan.FromSeconds(30), Token);

        (await ReadLogAsync()).Count(e => e.TypeName == "thanked").ShouldBe(20);
        mailbox.Messages.Select(m => m.Read<Thanked>().Amount).ShouldBe(Enumerable.Range(1, 20).Select(i => (long)i));
        (await Storage.Outbox.ReadAsync(nameof(Buyers), SlotRange.All, 100, Token)).ShouldBeEmpty();
    }

    public sealed record Bought(long Amount);

    public sealed record Thanked(long Amount);

    public sealed record Buyer(long Amount);

    private sealed class Buyers : SingleStreamProjection<Buyer>
    {
        public Buyers()
        {
            Initial(_ => new(0));
            On<Bought>((b, e) => new(b.Amount + e.Data.Amount));
            Raise<Bought>((_, e) =>
                [SideEffect.Append("thanks", new Thanked(e.Data.Amount)), SideEffect.Publish("thanks", new Thanked(e.Data.Amount))]);
        }
    }

    private sealed class Mailbox : IOutboxPublisher
    {
        public List<OutboxMessage> Messages { get; } = [];

        public ValueTask PublishAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellationToken)
        {
            Messages.AddRange(messages);
            return ValueTask.CompletedTask;
        }
    }

    private static Guid Id(int number) => new($"00000000-0000-8000-8000-{number:D12}");

    private static OutboxMessage Of(int number, long position, int ordinal, string projection = "Orders", short slot = 7) => new(
        Id(number), projection, Id(1000 + number), new(position), ordinal, $"tenant {number}", slot, $"mail-{number}",
        Encoding.UTF8.GetBytes($$"""{"text":"grüße {{number}}"}"""));

    private static string Text(OutboxMessage m) =>
        $"{m.Id} {m.Projection} {m.EventId} {m.Position} {m.Ordinal} {m.Tenant} {m.Slot} {m.Name} {Encoding.UTF8.GetString(m.Json.Span)}";
}
