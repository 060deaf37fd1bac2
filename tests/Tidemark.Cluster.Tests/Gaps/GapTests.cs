using Npgsql;
using Tidemark.Cluster.Tests.Stores;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Gaps;

/// <summary>How long a gap holds readers back: as long as its writer lives, and no longer.</summary>
public abstract class GapTests<TStore>
    where TStore : IClusterStoreKind
{
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData("commits")]
    [InlineData("rolls back")]
    [InlineData("is killed")]
    public async Task Gap_whose_writer_ends_is_passed_in_under_a_second(string end)
    {
        Assert.SkipWhen(TStore.Missing is not null, TStore.Missing ?? "");
        await using var store = (PostgreSqlStore)await TStore.CreateAsync();
        await using TidemarkHost host = await store.StartBankAsync();
        await using NpgsqlConnection unrelated = new(store.ConnectionString);
        await unrelated.OpenAsync();
        await using NpgsqlTransaction open = await unrelated.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("create table unrelated (n int)", unrelated, open);
        await command.ExecuteNonQueryAsync();

        // The best of a few, because the machine may be busy with something else; a design that waits for time to pass fails them all.
        var times = new List<TimeSpan>();
        for (int round = 0; round < 5; round++)
            times.Add(await PassGapAsync(store, host, end, round));
        Chance.Say($"{end}: {string.Join(", ", times.Select(t => $"{t.TotalMilliseconds:0} ms"))}");
        times.Order().ElementAt(times.Count / 2).ShouldBeLessThan(GapMax);
    }

    private static async Task<TimeSpan> PassGapAsync(PostgreSqlStore store, TidemarkHost host, string end, int round)
    {
        await using IdleWriter writer = await IdleWriter.StartAsync(
            host.Store, store.Choice.Target, $"slow-{round}", Guid.CreateVersion7());
        AppendResult after = await host.Store.AppendAsync("fast", ExpectedVersion.Any, [new Deposited(1, "south")]);
        after.First.ShouldBeGreaterThan(writer.Append.Last);
        await writer.CheckNamedAsync(host.Daemon);

        long ended = TimeProvider.System.GetTimestamp();
        if (end == "is killed")
            await store.QueryAsync($"select pg_terminate_backend({writer.Session})");
        else if (end == "commits")
            await writer.CommitAsync();
        else
            await writer.RollbackAsync();
        await host.Daemon.WaitForAsync(nameof(Turnover), after.Last, Eventually.Patience);
        return TimeProvider.System.GetElapsedTime(ended);
    }
}

public sealed class GapTestsOnPostgreSql : GapTests<PostgreSqlStore>;

public sealed class GapTestsBehindPooler : GapTests<PooledStore>;
