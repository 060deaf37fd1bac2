using Tidemark.Cluster.Tests.Stores;
using Tidemark.Hosting;
using Tidemark.Shards;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Errors;

/// <summary>Stored events that this program cannot read: JSON that does not fit its type, and a type that is not registered.</summary>
public abstract class StoredErrorTests<TStore>
    where TStore : IClusterStoreKind
{
    private const string Sound = """{"amount":5,"branch":"west"}""";
    private const string Malformed = """{"amount":"much","branch":"west"}""";
    private static readonly TimeSpan LongPause = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Projection_with_a_malformed_payload_and_Pause_stops_before_it_and_goes_on_once_it_is_repaired()
    {
        await using ErrorScene scene = await ErrorScene.CreateAsync<TStore>(new Withdrawn(5, "west"));
        await scene.AlterAsync("data", Malformed);
        await using TidemarkHost host = await StartAsync(scene.Store, ErrorAction.Pause);

        await scene.PausedAsync(host, "Trapped", ErrorCategory.Serialization);
        await scene.PausedAsync(host, nameof(Turnover), ErrorCategory.Serialization);
        await host.Daemon.WaitForAsync(nameof(Deposits), scene.Last.Last, Eventually.Patience);
        (await scene.RowsAsync(host)).ShouldBe(ErrorScene.Before);

        await scene.AlterAsync("data", Sound);
        host.Daemon.Resume("Trapped");
        host.Daemon.Resume(nameof(Turnover));
        await Eventually.TrueAsync(
            () => host.Daemon.Status().Shards.All(s => s.Position >= scene.Last.Last),
            () => $"all go on: {string.Join(", ", host.Daemon.Status().Shards)}",
            TimeSpan.FromSeconds(20));
        (await scene.RowsAsync(host)).ShouldBe(ErrorScene.Before + ErrorScene.After);
    }

    [Fact]
    public async Task Projection_with_a_malformed_payload_and_Skip_records_it_and_goes_on()
    {
        await using ErrorScene scene = await ErrorScene.CreateAsync<TStore>(new Withdrawn(5, "west"));
        await scene.AlterAsync("data", Malformed);
        await using TidemarkHost host = await scene.Store.StartAsync(tide => tide
            .AddProjection(new TrappedRows("none", new Trap(), ErrorAction.Skip)).AddProjection<Deposits>());

        DeadLetter letter = await scene.SkippedAsync(host, "Trapped", ErrorCategory.Serialization);
        letter.TypeName.ShouldBe("withdrawn");
        await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
        (await scene.RowsAsync(host)).ShouldBe(ErrorScene.Before + ErrorScene.After);
    }

    [Fact]
    public async Task Projection_with_an_unknown_type_and_Pause_stops_before_it_and_goes_on_where_the_type_is_known()
    {
        await using ErrorScene scene = await ErrorScene.CreateAsync<TStore>(new Withdrawn(5, "west"));
        await scene.AlterAsync("type", "mystery");
        await using (TidemarkHost host = await StartAsync(scene.Store, ErrorAction.Pause))
        {
            await scene.PausedAsync(host, "Trapped", ErrorCategory.UnknownType);

            // Those who name their types are not concerned.
            await host.Daemon.WaitForAsync(nameof(Deposits), scene.Last.Last, Eventually.Patience);
            await host.Daemon.WaitForAsync(nameof(Turnover), scene.Last.Last, Eventually.Patience);
            (await scene.RowsAsync(host)).ShouldBe(ErrorScene.Before);
        }

        await using TidemarkHost newer = await StartAsync(
            scene.Store, ErrorAction.Pause, tide => tide.Events(e => e.Add<Mystery>("mystery")));
        await newer.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
        (await scene.RowsAsync(newer)).ShouldBe(ErrorScene.Before + ErrorScene.After);
    }

    [Fact]
    public async Task Projection_with_an_unknown_type_and_Skip_records_it_and_goes_on()
    {
        await using ErrorScene scene = await ErrorScene.CreateAsync<TStore>(new Withdrawn(5, "west"));
        await scene.AlterAsync("type", "mystery");
        await using TidemarkHost host = await StartAsync(scene.Store, ErrorAction.Skip);

        DeadLetter letter = await scene.SkippedAsync(host, "Trapped", ErrorCategory.UnknownType);
        letter.TypeName.ShouldBe("mystery");
        await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);
        (await scene.RowsAsync(host)).ShouldBe(ErrorScene.Before + ErrorScene.After);
    }

    private static Task<TidemarkHost> StartAsync(ClusterStore store, ErrorAction action, Action<TidemarkBuilder>? more = null) =>
        store.StartAsync(tide =>
        {
            tide.AddProjection(new TrappedRows("none", new Trap(), action)).AddProjection<Deposits>().AddProjection<Turnover>()
                .Configure(o => o.Shards.Pause = o.Shards.PauseMax = LongPause);
            more?.Invoke(tide);
        });

    private sealed record Mystery(int Amount);
}

public sealed class StoredErrorTestsOnPostgreSql : StoredErrorTests<PostgreSqlStore>;

public sealed class StoredErrorTestsOnSqlite : StoredErrorTests<SqliteStore>;
