using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Errors;

/// <summary>An event on which a projection's code, or the database, fails.</summary>
public abstract class HandlerErrorTests<TStore>
    where TStore : IClusterStoreKind
{
    private static readonly TimeSpan LongPause = TimeSpan.FromMinutes(10);

    [Theory]
    [InlineData("document")]
    [InlineData("handler")]
    [InlineData("constraint")]
    [InlineData("deferred constraint")]
    public async Task Projection_with_a_poison_event_and_Pause_stops_before_it_and_goes_on_when_resumed(string fault)
    {
        await using ErrorScene scene = await ErrorScene.CreateAsync<TStore>(new Deposited(Trap.Amount, "north"));
        var trap = new Trap();
        await using TidemarkHost host = await StartAsync(scene.Store, Trapped(fault, trap, ErrorAction.Pause), LongPause);

        await scene.PausedAsync(host, "Trapped", ErrorCategory.Apply);
        await host.Daemon.WaitForAsync(nameof(Deposits), scene.Last.Last, Eventually.Patience);
        await CheckAsync(scene, host, fault, ErrorScene.Before);

        trap.Mend();
        host.Daemon.Resume("Trapped");
        await Eventually.TrueAsync(() => IsPast(host, scene), "the projection passes the mended event");
        await CheckAsync(scene, host, fault, ErrorScene.Before + 1 + ErrorScene.After);
    }

    [Theory]
    [InlineData("document")]
    [InlineData("handler")]
    [InlineData("constraint")]
    [InlineData("deferred constraint")]
    public async Task Projection_with_a_poison_event_and_Skip_records_it_and_goes_on(string fault)
    {
        await using ErrorScene scene = await ErrorScene.CreateAsync<TStore>(new Deposited(Trap.Amount, "north"));
        await using TidemarkHost host = await StartAsync(scene.Store, Trapped(fault, new Trap(), ErrorAction.Skip), LongPause);

        DeadLetter letter = await scene.SkippedAsync(host, "Trapped", ErrorCategory.Apply);
        if (fault is "document" or "handler")
            letter.ExceptionType.ShouldBe(typeof(InvalidDataException).FullName);
        await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
        await CheckAsync(scene, host, fault, ErrorScene.Before + ErrorScene.After);
    }

    [Theory]
    [InlineData("document")]
    [InlineData("handler")]
    [InlineData("constraint")]
    [InlineData("deferred constraint")]
    public async Task Projection_with_a_poison_event_and_Park_holds_its_stream_until_a_retry_on_another_node(string fault)
    {
        await using ErrorScene scene = await ErrorScene.CreateAsync<TStore>(new Deposited(Trap.Amount, "north"));
        const int waiting = 2;
        await using (TidemarkHost host = await StartAsync(scene.Store, Trapped(fault, new Trap(), ErrorAction.Park), LongPause))
        {
            await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
            await CheckAsync(scene, host, fault, ErrorScene.Before + ErrorScene.After - waiting);
            await CheckParkedAsync(host, scene, waiting);

            DeadLetterOutcome again = await host.Daemon.RetryDeadLetterAsync("Trapped", scene.Bad.First);
            again.Failed!.Attempts.ShouldBe(3);
            await CheckAsync(scene, host, fault, ErrorScene.Before + ErrorScene.After - waiting);
        }

        var mended = new Trap();
        mended.Mend();
        await using TidemarkHost other = await StartAsync(scene.Store, Trapped(fault, mended, ErrorAction.Park), LongPause);
        await CheckParkedAsync(other, scene, waiting);
        (await other.Daemon.RetryDeadLetterAsync("Trapped", scene.Bad.First)).ShouldBe(new DeadLetterOutcome(1 + waiting, null));
        await CheckAsync(scene, other, fault, ErrorScene.Before + 1 + ErrorScene.After);
        (await other.Daemon.ReadParkedStreamsAsync()).ShouldBeEmpty();
        (await other.Daemon.ReadDeadLettersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Projection_whose_fault_is_mended_goes_on_by_itself()
    {
        await using ErrorScene scene = await ErrorScene.CreateAsync<TStore>(new Deposited(Trap.Amount, "north"));
        var trap = new Trap();
        var pause = TimeSpan.FromMilliseconds(300);
        await using TidemarkHost host = await StartAsync(scene.Store, Trapped("handler", trap, ErrorAction.Pause), pause);

        await scene.PausedAsync(host, "Trapped", ErrorCategory.Apply);
        trap.Mend();
        await Eventually.TrueAsync(() => IsPast(host, scene), "the projection passes the mended event");
        await CheckAsync(scene, host, "handler", ErrorScene.Before + 1 + ErrorScene.After);
    }

    private static async Task CheckParkedAsync(TidemarkHost host, ErrorScene scene, long waiting)
    {
        ParkedStream parked = (await host.Daemon.ReadParkedStreamsAsync("Trapped")).ShouldHaveSingleItem();
        (parked.Stream.Value, parked.Position, parked.Waiting).ShouldBe(("account-1", scene.Bad.First, waiting));
        DeadLetter letter = (await host.Daemon.ReadDeadLettersAsync("Trapped")).ShouldHaveSingleItem();
        (letter.EventId, letter.State, letter.Category).ShouldBe((scene.BadId, DeadLetterState.Parked, ErrorCategory.Apply));
    }

    private static Projection Trapped(string fault, Trap trap, ErrorAction action) =>
        fault == "document" ? new TrappedBalances(trap, action) : new TrappedRows(fault, trap, action);

    private static Task<TidemarkHost> StartAsync(ClusterStore store, Projection trapped, TimeSpan pause) =>
        store.StartAsync(tide => tide.AddProjection(trapped).AddProjection<Deposits>().Configure(o =>
        {
            o.Shards.Pause = pause;
            o.Shards.PauseMax = pause;
        }));

    private static bool IsPast(TidemarkHost host, ErrorScene scene) =>
        host.Daemon.Status().Shards.Single(s => s.Shard.Projection == "Trapped").Position >= scene.Last.Last;

    private static async Task CheckAsync(ErrorScene scene, TidemarkHost host, string fault, int events)
    {
        if (fault != "document")
        {
            (await scene.RowsAsync(host)).ShouldBe(events);
            return;
        }

        long applied = 0;
        await foreach ((_, Balance balance) in host.Store.Documents<Balance>().AllAsync())
            applied += balance.Events;
        applied.ShouldBe(events);
    }
}

public sealed class HandlerErrorTestsOnPostgreSql : HandlerErrorTests<PostgreSqlStore>;

public sealed class HandlerErrorTestsOnSqlite : HandlerErrorTests<SqliteStore>;
