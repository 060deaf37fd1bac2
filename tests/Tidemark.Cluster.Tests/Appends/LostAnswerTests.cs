using Tidemark.Cluster.Tests.Audits;
using Tidemark.Cluster.Tests.Faults;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Shards;
using Tidemark.TestNode;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Appends;

/// <summary>The server has committed, and the answer is lost on its way.</summary>
public sealed class LostAnswerTests
{
    [Theory]
    [InlineData("any")]
    [InlineData("no stream")]
    [InlineData("exact")]
    public async Task Append_whose_answer_is_lost_is_repeated_and_returns_the_first_result(string expected)
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        await using ClusterStore store = await PostgreSqlStore.CreateAsync();
        await using var cutter = new AnswerCutter(store.Choice.Target);
        await using TidemarkHost host = await ClusterStore.StartAsync(new StoreChoice("postgres", cutter.ConnectionString));
        if (expected == "exact")
            await host.Store.AppendAsync("lost-stream", ExpectedVersion.NoStream, [new Deposited(1, "north")]);
        ExpectedVersion version = expected switch
        {
            "any" => ExpectedVersion.Any,
            "exact" => ExpectedVersion.Exactly(1),
            _ => ExpectedVersion.NoStream,
        };

        Task<AppendResult> append = await cutter.LoseAnswerAsync(
            "lost-stream",
            () => host.Store.AppendAsync("lost-stream", version, [new Deposited(2, "north"), new Deposited(3, "north")]),
            async () => (await LogAudit.ReadAsync(store)).Count(e => e.Stream == "lost-stream") >= 2);

        AppendResult result = await append.WaitAsync(Eventually.Patience);
        result.WasStoredBefore.ShouldBeTrue();
        var stored = (await LogAudit.ReadAsync(store)).TakeLast(2).ToArray();
        (result.First.Value, result.Last.Value, result.Version.Value).ShouldBe((stored[0].Position, stored[1].Position, stored[1].Version));
        (await LogAudit.ReadAsync(store)).Count.ShouldBe(expected == "exact" ? 3 : 2);
    }

    [Theory]
    [InlineData(nameof(Turnover))]
    [InlineData(nameof(Journal))]
    [InlineData(nameof(Balances))]
    public async Task Shard_whose_commit_is_not_answered_goes_on_from_what_is_stored_within_seconds(string projection)
    {
        Assert.SkipWhen(PostgreSqlStore.Missing is not null, PostgreSqlStore.Missing ?? "");
        await using ClusterStore store = await PostgreSqlStore.CreateAsync();
        await using var cutter = new AnswerCutter(store.Choice.Target);
        await using TidemarkHost writing = await store.StartAsync();
        await using TidemarkHost host = await ClusterStore.StartAsync(
            new StoreChoice("postgres", cutter.ConnectionString), tide => tide.BankProjections());
        AppendResult first = await writing.Store.AppendAsync("account-1", ExpectedVersion.Any, [new Deposited(1, "north")]);
        await host.Daemon.WaitForCaughtUpAsync(Eventually.Patience);

        string marker = projection == nameof(Journal) ? "COMMIT" : $"{projection}:g1:";
        string position = $"select position from {store.Checkpoints} where projection = '{projection}'";
        AppendResult second = await await cutter.LoseAnswerAsync(
            marker,
            () => writing.Store.AppendAsync("account-1", ExpectedVersion.Any, [new Deposited(2, "north")]),
            async () => (long)(await store.QueryAsync(position))[0][0] > first.Last.Value);

        await Eventually.TrueAsync(
            () => host.Daemon.Status().Shards.All(s => s.Position >= second.Last && s.State != ShardState.Paused),
            () => $"all shards go on: {string.Join(", ", host.Daemon.Status().Shards)}",
            TimeSpan.FromSeconds(15));
        await ReadModelAudit.CheckAsync(store, host);
    }
}
