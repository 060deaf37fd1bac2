using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Appending;

/// <summary>Appends that meet: I1 (one winner, contiguous versions) and I2 (position order is version order per stream).</summary>
public abstract class AppendConcurrencyTests<TKind> : StoreTests<TKind>
    where TKind : ITestStoreKind
{
    [Theory]
    [InlineData(0, "none")]
    [InlineData(0, "0")]
    [InlineData(2, "2")]
    public async Task Append_of_16_callers_with_one_expectation_has_one_winner(int existing, string expected)
    {
        if (existing > 0)
            await AppendAsync("contested", existing);
        await using var other = Store.OpenAgain();
        var logs = new[] { Log, other.Log };

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            (await logs[i % 2].AppendAsync([Make.Append("contested", Make.Expected(expected), 2)], Token))[0])));

        outcomes.Count(o => o.Status == AppendStatus.Appended).ShouldBe(1);
        outcomes.Where(o => o.Status == AppendStatus.Conflict).ShouldAllBe(o => o.Version.Value == existing + 2);
        outcomes.ShouldAllBe(o => o.Status == AppendStatus.Appended || o.Status == AppendStatus.Conflict);
        (await ReadStreamAsync("contested")).Count.ShouldBe(existing + 2);
    }

    [Fact]
    public async Task Append_of_the_same_ids_by_16_callers_stores_them_once_and_answers_all_alike()
    {
        var append = Make.Append("contested", ExpectedVersion.NoStream, 3);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => AppendAsync(append))));

        outcomes.ShouldAllBe(o => o.IsStored);
        outcomes.Count(o => o.Status == AppendStatus.Appended).ShouldBe(1);
        outcomes.Select(o => (o.Version, o.First, o.Last)).Distinct().ShouldHaveSingleItem();
        (await ReadStreamAsync("contested")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Concurrent_appends_keep_versions_contiguous_and_positions_in_version_order()
    {
        const int writers = 8;
        const int rounds = 15;
        var seed = Seed.New();
        await using var other = Store.OpenAgain();
        var logs = new[] { Log, other.Log };

        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, writers).Select(w => Task.Run(() => WriteAsync(logs[w % 2], new Random(seed + w), rounds))));

        var log = await ReadLogAsync();
        log.Select(e => e.Position.Value).ShouldBeInOrder();
        log.Select(e => e.Position).Distinct().Count().ShouldBe(log.Count);
        foreach (var stream in log.GroupBy(e => e.StreamId))
            stream.Select(e => e.Version.Value)
                .ShouldBe(Make.Versions(stream.Count()), $"stream {stream.Key}, seed {seed}");
        outcomes.Sum(c => c).ShouldBe(log.Count);
    }

    [Fact]
    public async Task Batches_over_the_same_streams_in_opposite_order_do_not_deadlock()
    {
        var names = Enumerable.Range(0, 12).Select(i => $"s-{i}").ToArray();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(w => Task.Run(async () =>
        {
            var order = w % 2 == 0 ? names : [.. names.Reverse()];
            for (var round = 0; round < 10; round++)
            {
                var outcomes = w % 3 == 0
                    ? await Log.AppendAtomicallyAsync([.. order.Select(n => Make.Append(n, ExpectedVersion.Any))], Token)
                    : await Log.AppendAsync([.. order.Select(n => Make.Append(n, ExpectedVersion.Any))], Token);
                outcomes.ShouldAllBe(o => o.Status == AppendStatus.Appended);
            }
        })));

        foreach (var name in names)
            (await ReadStreamAsync(name)).Select(e => e.Version.Value).ShouldBe(Make.Versions(60));
    }

    [Fact]
    public async Task Optimistic_increments_of_one_stream_lose_none()
    {
        const int writers = 6;
        const int each = 10;

        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            var version = StreamVersion.None;
            for (var done = 0; done < each;)
            {
                var outcome = await AppendAsync(Make.Append("counter", ExpectedVersion.Exactly(version)));
                version = outcome.Version;
                done += outcome.Status == AppendStatus.Appended ? 1 : 0;
            }
        })));

        (await ReadStreamAsync("counter")).Count.ShouldBe(writers * each);
    }

    private async Task<int> WriteAsync(IEventLog log, Random random, int rounds)
    {
        var stored = 0;
        for (var round = 0; round < rounds; round++)
        {
            var streams = Enumerable.Range(0, 5).OrderBy(_ => random.Next()).Take(random.Next(1, 4));
            var appends = streams.Select(s => Make.Append($"s-{s}", ExpectedVersion.Any, random.Next(1, 4))).ToArray();
            var outcomes = random.Next(2) == 0 ? await log.AppendAsync(appends, Token) : await log.AppendAtomicallyAsync(appends, Token);
            outcomes.ShouldAllBe(o => o.Status == AppendStatus.Appended);
            stored += appends.Sum(a => a.Events.Length);
        }

        return stored;
    }
}
