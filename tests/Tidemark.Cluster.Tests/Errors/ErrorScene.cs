using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Shards;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Errors;

/// <summary>A store with good events, a bad one among them, and a look at what the daemon makes of it.</summary>
internal sealed class ErrorScene : IAsyncDisposable
{
    public const int Before = 7;
    public const int After = 5;

    private ErrorScene(ClusterStore store) => Store = store;

    public ClusterStore Store { get; }

    /// <summary>The bad event's append.</summary>
    public AppendResult Bad { get; private set; } = null!;

    /// <summary>The bad event's id.</summary>
    public Guid BadId { get; } = Guid.CreateVersion7();

    /// <summary>The last good event's append.</summary>
    public AppendResult Last { get; private set; } = null!;

    /// <summary>
    /// A new store with deposits, a bad event, and deposits after it, two of them in its stream. Skips a test that lacks its store.
    /// </summary>
    public static async Task<ErrorScene> CreateAsync<TStore>(object bad)
        where TStore : IClusterStoreKind
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        var scene = new ErrorScene(await TStore.CreateAsync());
        await scene.AppendAsync(bad);
        return scene;
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    /// <summary>The bad event's row gets another type or payload behind the product's back.</summary>
    public async Task AlterAsync(string column, string value) =>
        (await Store.ExecuteAsync($"update {Store.Events} set {column} = '{value}' where position = {Bad.First}")).ShouldBe(1);

    /// <summary>Waits until a projection is paused before the bad event, and checks what an operator sees.</summary>
    public async Task<ShardStatus> PausedAsync(TidemarkHost host, string projection, ErrorCategory category)
    {
        ShardStatus? status = null;
        await Eventually.TrueAsync(
            () => (status = StatusOf(host, projection)) is { State: ShardState.Paused, Error: not null },
            () => $"projection {projection} pauses; it is {status}");
        status!.Error!.Category.ShouldBe(category);
        status.Error.NextTry.ShouldBeGreaterThan(status.Error.Since);
        status.Error.Exception.Message.ShouldContain(BadId.ToString());
        status.Position.ShouldBeLessThan(Bad.First);
        status.Position.Value.ShouldBeGreaterThanOrEqualTo(Bad.First.Value - 1, "The good events before the bad one are committed.");
        status.DeadLetters.ShouldBe(0);
        (await host.Daemon.ReadDeadLettersAsync()).ShouldBeEmpty();
        var waiting = await Should.ThrowAsync<ShardPausedException>(host.Daemon.WaitForAsync(projection, Bad.Last, Eventually.Patience));
        waiting.InnerException.ShouldBe(status.Error.Exception);
        return status;
    }

    /// <summary>Checks that the bad event is the one dead letter, and that its projection went on.</summary>
    public async Task<DeadLetter> SkippedAsync(TidemarkHost host, string projection, ErrorCategory category)
    {
        await host.Daemon.WaitForAsync(projection, Last.Last, Eventually.Patience);
        DeadLetter letter = (await host.Daemon.ReadDeadLettersAsync()).ShouldHaveSingleItem();
        letter.EventId.ShouldBe(BadId);
        letter.Position.ShouldBe(Bad.First);
        letter.Stream.Value.ShouldBe("account-1");
        letter.Version.ShouldBe(Bad.Version);
        letter.Shard.Projection.ShouldBe(projection);
        letter.Category.ShouldBe(category);
        letter.ExceptionType.ShouldNotBeEmpty();
        letter.Error.ShouldContain(letter.ExceptionType);
        StatusOf(host, projection).DeadLetters.ShouldBe(1);
        return letter;
    }

    /// <summary>How many rows the trapped projection has written.</summary>
    public async Task<long> RowsAsync(TidemarkHost host) =>
        (long)(await Store.QueryAsync($"select count(*) from {host.Store.ViewName("trapped_rows")}"))[0][0];

    private async Task AppendAsync(object bad)
    {
        await using TidemarkHost host = await Store.StartAsync();
        for (int i = 0; i < Before; i++)
            await host.Store.AppendAsync($"account-{i % 3}", ExpectedVersion.Any, [new Deposited(10 + i, "north")]);
        Bad = await host.Store.AppendAsync("account-1", ExpectedVersion.Any, [new NewEvent(bad) { Id = BadId }]);
        for (int i = 0; i < After; i++)
            Last = await host.Store.AppendAsync($"account-{i % 3}", ExpectedVersion.Any, [new Deposited(100 + i, "south")]);
    }

    private static ShardStatus StatusOf(TidemarkHost host, string projection) =>
        host.Daemon.Status().Shards.Single(s => s.Shard.Projection == projection);
}
