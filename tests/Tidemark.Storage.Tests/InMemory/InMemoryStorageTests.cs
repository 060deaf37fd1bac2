using Tidemark.Events;
using Tidemark.Projections;
using Tidemark.Storage.Tests.Stores;
using Tidemark.Testing;

namespace Tidemark.Storage.Tests.InMemory;

/// <summary>What is particular to the store in memory.</summary>
public sealed class InMemoryStorageTests : StoreTests<MemoryStore>
{
    [Fact]
    public async Task Positions_are_dense_also_after_a_rollback()
    {
        await AppendAsync("order-1", 3);
        await using (var transaction = await Log.BeginAsync(Token))
            await Log.AppendAsync(transaction, [Make.Append("order-2", ExpectedVersion.Any, 5)], Token);
        await AppendAsync("order-3", 2);

        (await ReadLogAsync()).Select(e => e.Position.Value).ShouldBe([1L, 2L, 3L, 4L, 5L]);
    }

    [Fact]
    public async Task Projection_with_tables_of_its_own_is_refused_and_told_where_it_works()
    {
        var schema = new CustomTablesSchema("reports", [new("monthly", "create table {table} (m int)")]);

        var refused = await Should.ThrowAsync<NotSupportedException>(
            async () => await ReadModels.PrepareAsync("Reports", 1, schema, 1, Token));

        refused.Message.ShouldBe("The projection 'Reports' writes tables of its own in SQL, which the in-memory store does not have. "
            + "Use SQLite or PostgreSQL for it, in tests too.");
        ReadModels.SupportsSql.ShouldBeFalse();
        (await ReadModels.ReadGenerationsAsync(Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Transaction_of_another_store_is_refused()
    {
        await using var other = (MemoryStore)await MemoryStore.CreateAsync(Token);
        await using var transaction = await other.Storage.Log.BeginAsync(Token);

        await Should.ThrowAsync<ArgumentException>(
            async () => await Log.AppendAsync(transaction, [Make.Append("order-1", ExpectedVersion.Any)], Token));
    }

    [Fact]
    public async Task Second_transaction_waits_for_the_first()
    {
        var first = await Log.BeginAsync(Token);
        var second = Log.BeginAsync(Token);
        second.IsCompleted.ShouldBeFalse();

        await first.DisposeAsync();

        await (await second).DisposeAsync();
    }

    [Fact]
    public async Task Waiting_for_an_open_transaction_can_be_cancelled()
    {
        await using var open = await Log.BeginAsync(Token);
        using var stop = new CancellationTokenSource();
        var waiting = Log.AppendAsync([Make.Append("order-1", ExpectedVersion.Any)], stop.Token).AsTask();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Schema_is_always_current() => (await Storage.Schema.CheckAsync(Token)).IsCurrent.ShouldBeTrue();

    [Fact]
    public async Task Events_are_recorded_at_the_given_clocks_time()
    {
        var clock = new ManualClock();
        await using var storage = new InMemoryStorage(
            new("main", clock, new Resilience.PipelineOptions(), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance));
        var append = Make.Append("order-1", ExpectedVersion.Any);
        clock.Advance(TimeSpan.FromHours(3));

        await storage.Log.AppendAsync([append], Token);

        (await storage.Log.FindEventAsync(append.Events[0].Id, Token))!.RecordedAt.ShouldBe(clock.GetUtcNow());
    }
}
