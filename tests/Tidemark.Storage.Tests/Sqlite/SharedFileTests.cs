using Microsoft.Data.Sqlite;
using Tidemark.Events;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Sqlite;
using Tidemark.Storage.Tests.Marks;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.Sqlite;

/// <summary>One file in several hands: storages of several processes, connections of the application, readers of other programs.</summary>
public sealed class SharedFileTests : StoreTests<SqliteStore>
{
    private string File => ((SqliteStore)Store).File;

    [Fact]
    public async Task Storages_on_one_file_write_and_read_at_once_without_an_error_reaching_a_caller()
    {
        const int each = 40;
        await using var other = Store.OpenAgain();
        await using var third = Store.OpenAgain();
        IEventDatabaseStorage[] storages = [Storage, other, third];
        var schema = new DocumentSchema("orders");
        await ReadModels.PrepareAsync("Orders", 1, schema, 1, Token);

        var readers = storages.Select(s => new LogFollower(s, Token)).ToArray();
        await Task.WhenAll(storages.SelectMany((storage, i) => new[]
        {
            Task.Run(() => AppendManyAsync(storage, $"s-{i}", each)),
            Task.Run(() => CommitManyAsync(storage, i, each)),
            Task.Run(() => ReadManyAsync(storage, readers[i], each)),
        }));

        foreach (var reader in readers)
        {
            await reader.ReadOnceAsync();
            reader.Seen.Select(e => e.Position.Value).ShouldBe(Make.Versions(storages.Length * each));
        }
    }

    [Fact]
    public async Task Lent_transaction_that_read_before_another_wrote_is_refused_with_the_way_out()
    {
        await AppendAsync("order-1");
        await using var connection = (SqliteConnection)await Store.ConnectAsync(Token);
        await using var deferred = connection.BeginTransaction(deferred: true);
        await connection.ScalarAsync("select count(*) from tidemark_events", Token, deferred);
        await AppendAsync("order-2");

        var refused = await Should.ThrowAsync<InvalidOperationException>(
            async () => await Log.AppendAsync(Log.Lend(deferred), [Make.Append("order-3", ExpectedVersion.Any)], Token));

        refused.Message.ShouldContain("deferred");
        await deferred.RollbackAsync(Token);
        await AppendAsync("order-3");
        (await ReadLogAsync()).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Lent_transaction_on_another_file_is_refused()
    {
        await using var elsewhere = await SqliteStore.CreateAsync(Token);
        await using var connection = await elsewhere.ConnectAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);

        Should.Throw<ArgumentException>(() => Log.Lend(transaction));
    }

    [Fact]
    public async Task Write_ahead_log_stays_within_its_limit_under_load()
    {
        const long limit = 1L << 20;
        await using var storage = OpenWith(limit);

        for (var i = 0; i < 60; i++)
        {
            await storage.Log.AppendAsync([LargeAppend(i)], Token);
            await storage.Log.ReadAsync(new(Position.Beginning, Position.Max, LogFilter.All, 5, int.MaxValue), Token);
            WalBytes().ShouldBeLessThan(2 * limit);
        }
    }

    [Fact]
    public async Task Write_ahead_log_is_bounded_again_after_a_reader_of_another_program_has_ended()
    {
        const long limit = 1L << 20;
        await using var storage = OpenWith(limit);
        await storage.Log.AppendAsync([LargeAppend(0)], Token);
        await using (var connection = (SqliteConnection)await Store.ConnectAsync(Token))
        {
            await using var reading = connection.BeginTransaction(deferred: true);
            await connection.ScalarAsync("select count(*) from tidemark_events", Token, reading);
            for (var i = 1; i < 40; i++)
                await storage.Log.AppendAsync([LargeAppend(i)], Token);
            WalBytes().ShouldBeGreaterThan(limit, "an open reader keeps the log from starting anew");
        }

        for (var i = 40; i < 60; i++)
            await storage.Log.AppendAsync([LargeAppend(i)], Token);

        WalBytes().ShouldBeLessThan(2 * limit);
        (await ReadLogAsync()).Count.ShouldBe(60);
    }

    [Fact]
    public async Task Reader_of_another_program_that_stays_open_keeps_its_snapshot_and_stops_nobody()
    {
        await AppendAsync("order-1");
        await using var connection = (SqliteConnection)await Store.ConnectAsync(Token);
        await using var reading = connection.BeginTransaction(deferred: true);
        (await connection.ScalarAsync("select count(*) from tidemark_events", Token, reading)).ShouldBe("1");

        var last = (await AppendAsync("order-1", 5)).Last;

        (await HighWater.ReadAsync(Position.Beginning, Token)).Mark.ShouldBe(last);
        (await connection.ScalarAsync("select count(*) from tidemark_events", Token, reading)).ShouldBe("1");
    }

    [Fact]
    public async Task Waiting_longer_than_the_busy_timeout_fails_with_an_error_that_is_transient()
    {
        await using var storage = new SqliteStorage(
            new SqliteOptions { Path = File, BusyTimeout = TimeSpan.FromMilliseconds(50) }, TestStore.NewContext());
        await using var connection = (SqliteConnection)await Store.ConnectAsync(Token);
        await using (var writing = connection.BeginTransaction(deferred: false))
        {
            var error = await Should.ThrowAsync<Exception>(
                async () => await storage.Log.AppendAsync([Make.Append("order-1", ExpectedVersion.Any)], Token));
            storage.IsTransient(error).ShouldBeTrue(error.ToString());
        }

        (await storage.Log.AppendAsync([Make.Append("order-1", ExpectedVersion.Any)], Token))[0].IsStored.ShouldBeTrue();
    }

    private static StreamAppend LargeAppend(int number) =>
        Make.Append($"s-{number}", ExpectedVersion.Any, [Make.Event(json: $"\"{new string('x', 100_000)}\"")]);

    private long WalBytes() => new FileInfo(File + "-wal").Length;

    private SqliteStorage OpenWith(long walBytesMax) =>
        new(new SqliteOptions { Path = File, WalBytesMax = walBytesMax }, TestStore.NewContext());

    private async Task AppendManyAsync(IEventDatabaseStorage storage, string stream, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (i % 4 != 0)
            {
                (await storage.Log.AppendAsync([Make.Append(stream, ExpectedVersion.Exactly(i))], Token))[0].IsStored.ShouldBeTrue();
                continue;
            }

            await using var transaction = await storage.Log.BeginAsync(Token);
            await storage.Log.AppendAsync(transaction, [Make.Append(stream, ExpectedVersion.Exactly(i))], Token);
            await transaction.CommitAsync(Token);
        }
    }

    private async Task CommitManyAsync(IEventDatabaseStorage storage, int number, int count)
    {
        var shard = new ShardName("Orders", 1, new((short)number, (short)number), "main");
        var epoch = (await storage.Checkpoints.OpenAsync(shard, null, Token)).Epoch;
        for (var i = 0; i < count; i++)
        {
            await storage.ReadModels.LoadAsync("orders", 1, [new(TenantId.Default, $"k-{i}")], Token);
            await storage.ReadModels.CommitAsync(
                new()
                {
                    Move = new(shard, epoch, new(i), new(i + 1), null, default),
                    Documents = [new("orders", 1, [new(new(TenantId.Default, $"k-{i}"), "{}"u8.ToArray(), default, new(i))], [])],
                },
                Token);
        }
    }

    private async Task ReadManyAsync(IEventDatabaseStorage storage, LogFollower reader, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await reader.ReadOnceAsync();
            await storage.Log.ReadStreamAsync(new(TenantId.Default, "s-0", new(1), new(long.MaxValue), Backwards: false, 100), Token);
            await storage.Checkpoints.ReadAllAsync(Token);
        }
    }
}
