using System.Collections.Concurrent;
using Npgsql;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Marks;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.PostgreSql;

/// <summary>
/// Writers that pause, roll back to savepoints, roll back, and are killed, beside readers that begin at any time: every reader sees exactly
/// what was committed.
/// </summary>
public sealed class KilledWritersTests : StoreTests<PostgreSqlStore>
{
    private const int Writers = 8;
    private const int Rounds = 25;

    private readonly ConcurrentDictionary<Guid, bool> _committed = new();
    private readonly ConcurrentDictionary<Guid, bool> _unknown = new();

    private PostgreSqlStore PostgreSql => (PostgreSqlStore)Store;

    [Fact]
    public async Task Readers_see_every_committed_event_once_and_in_order_while_writers_are_killed()
    {
        var seed = Seed.New();
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(new Random(seed + w)))));
        var killing = Task.Run(() => KillAsync(new Random(seed - 1), writing));
        var readers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => FollowAsync(writing))));
        await writing;
        await killing;

        var stored = (await ReadLogAsync()).Select(e => e.Id).ToHashSet();
        _committed.Keys.ShouldBeSubsetOf(stored, $"seed {seed}");
        stored.ShouldBeSubsetOf(_committed.Keys.Concat(_unknown.Keys), $"seed {seed}");
        foreach (var reader in readers)
        {
            reader.Seen.Select(e => e.Id).ShouldBeUnique($"seed {seed}");
            reader.Seen.Select(e => e.Id).ToHashSet().SetEquals(stored)
                .ShouldBeTrue($"seed {seed}: {reader.Seen.Count} seen, {stored.Count} stored");
            foreach (var stream in reader.Seen.GroupBy(e => e.StreamId))
                stream.Select(e => e.Version.Value)
                    .ShouldBe(Make.Versions(stream.Count()), $"stream {stream.Key}, seed {seed}");
        }

        (await HighWater.ReadBlockersAsync(Token)).ShouldBeEmpty();
    }

    private async Task<LogFollower> FollowAsync(Task writing)
    {
        var reader = new LogFollower(Storage, Token);
        while (!writing.IsCompleted)
            await reader.ReadOnceAsync();
        await reader.ReadOnceAsync();
        return reader;
    }

    private async Task WriteAsync(Random random)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var ids = new List<Guid>();
            try
            {
                await using var connection = await PostgreSql.ConnectAsync("writer", Token);
                await using var transaction = await connection.BeginTransactionAsync(Token);
                ids.AddRange(await AppendInAsync(transaction, random));
                // Takes as long as the server takes: the pause of an application at work.
                await connection.ExecuteAsync(
                    $"select pg_sleep({(random.Next(10) == 0 ? 0.05 : random.NextDouble() * 0.005):0.0000})", Token);
                if (random.Next(6) == 0)
                    continue;
                ids.ForEach(id => _unknown[id] = true);
                await transaction.CommitAsync(Token);
                ids.ForEach(id => _committed[id] = true);
            }
            catch (NpgsqlException)
            {
                // Killed: before the commit nothing is stored; during it nobody knows.
            }
        }
    }

    private async Task<List<Guid>> AppendInAsync(NpgsqlTransaction transaction, Random random)
    {
        var handle = Log.Lend(transaction);
        var ids = new List<Guid>();
        if (random.Next(4) == 0)
        {
            await transaction.SaveAsync("before", Token);
            await Log.AppendAsync(handle, [Make.Append($"s-{random.Next(10)}", ExpectedVersion.Any)], Token);
            await transaction.RollbackAsync("before", Token);
        }

        // Names ascend within a transaction, so that two never wait for each other in a circle.
        foreach (var stream in Enumerable.Range(0, 10).OrderBy(_ => random.Next()).Take(random.Next(1, 3)).Order())
        {
            var append = Make.Append($"t-{stream}", ExpectedVersion.Any, random.Next(1, 4));
            (await Log.AppendAsync(handle, [append], Token))[0].Status.ShouldBe(AppendStatus.Appended);
            ids.AddRange(append.Events.Select(e => e.Id));
        }

        return ids;
    }

    private async Task KillAsync(Random random, Task writing)
    {
        await using var connection = await PostgreSql.ConnectAsync("killer", Token);
        while (!writing.IsCompleted)
        {
            await connection.ExecuteAsync(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where application_name = 'writer' and datname = current_database()
                order by random() limit 1
                """,
                Token);
            await connection.ExecuteAsync($"select pg_sleep({0.02 + (random.NextDouble() * 0.05):0.0000})", Token);
        }
    }
}
