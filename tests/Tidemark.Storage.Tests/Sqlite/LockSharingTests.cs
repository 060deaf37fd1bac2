using Tidemark.Sqlite.Connections;
using Tidemark.Sqlite;
using Tidemark.Storage.Tests.Stores;
using Tidemark.TestKit;
using Tidemark.Testing;

namespace Tidemark.Storage.Tests.Sqlite;

/// <summary>The write lock of the file has no queue: who writes without a break has to leave it to other processes now and then.</summary>
public sealed class LockSharingTests : StoreTests<SqliteStore>
{
    // As on a disk that takes its time to make a commit durable.
    private static readonly TimeSpan Held = TimeSpan.FromMilliseconds(40);
    private readonly ManualClock _time = new();

    private DatabaseFile File => new(Options);

    private SqliteOptions Options => new() { Path = ((SqliteStore)Store).File };

    [Fact]
    public async Task Writer_that_always_has_more_to_write_lets_another_process_in()
    {
        await using var busy = new Writer(File, Options, TimeProvider.System);
        await using var other = new Writer(File, Options, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var writes = 0;
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(WriteOnAsync, Token))];

        List<int> waited = [];
        for (var turn = 0; turn < 8; turn++)
        {
            var former = Volatile.Read(ref writes);
            await Eventually.TrueAsync(() => Volatile.Read(ref writes) > former + 10, "the writer goes on");
            var before = Volatile.Read(ref writes);
            await other.WriteAsync(Change, Token);
            waited.Add(Volatile.Read(ref writes) - before);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);

        // At the first turn the writer knew of nobody else.
        waited[1..].Max().ShouldBeLessThan(25, string.Join(", ", waited));

        async Task WriteOnAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                await busy.WriteAsync(
                    session =>
                    {
                        stop.Token.WaitHandle.WaitOne(Held);
                        return Change(session);
                    },
                    Token);
                Interlocked.Increment(ref writes);
            }
        }
    }

    [Fact]
    public void Writer_that_has_seen_nobody_else_gives_up_a_hundredth_of_its_time()
    {
        using var session = File.OpenWriter(create: false);
        var sharing = new LockSharing(_time);

        HeldUntilBreak(sharing, session).ShouldBe(LockSharing.Break * 100);
        sharing.Rested();
        HeldUntilBreak(sharing, session).ShouldBe(LockSharing.Break * 100);
    }

    [Fact]
    public void Writer_that_has_seen_another_gives_way_sooner_until_that_one_was_quiet_for_a_minute()
    {
        using var session = File.OpenWriter(create: false);
        using var other = File.OpenWriter(create: false);
        var sharing = new LockSharing(_time);
        HeldUntilBreak(sharing, session);

        Change(other);
        HeldUntilBreak(sharing, session);
        sharing.Rested();
        HeldUntilBreak(sharing, session).ShouldBe(TimeSpan.FromMilliseconds(200));

        _time.Advance(TimeSpan.FromMinutes(1));
        HeldUntilBreak(sharing, session).ShouldBe(LockSharing.Break * 100);
    }

    [Fact]
    public void New_connection_of_the_writer_is_not_taken_for_another_writer()
    {
        using var session = File.OpenWriter(create: false);
        using var other = File.OpenWriter(create: false);
        var sharing = new LockSharing(_time);
        HeldUntilBreak(sharing, session);
        Change(other);

        using var next = File.OpenWriter(create: false);
        sharing.Rested();
        HeldUntilBreak(sharing, next).ShouldBe(LockSharing.Break * 100);
    }

    [Fact]
    public void Writer_whose_lock_was_free_for_long_enough_owes_no_break()
    {
        using var session = File.OpenWriter(create: false);
        var sharing = new LockSharing(_time);

        for (var i = 0; i < 1_000; i++)
        {
            Hold(sharing);
            sharing.IsBreakDue(session).ShouldBeFalse();
            _time.Advance(LockSharing.Break);
        }
    }

    private static (bool Result, bool Commit) Change(SqliteSession session)
    {
        session.Execute($"pragma user_version = {Random.Shared.Next()}");
        return (true, true);
    }

    private TimeSpan HeldUntilBreak(LockSharing sharing, SqliteSession session)
    {
        var started = _time.GetTimestamp();
        do
        {
            Hold(sharing);
        }
        while (!sharing.IsBreakDue(session));

        return _time.GetElapsedTime(started);
    }

    private void Hold(LockSharing sharing)
    {
        sharing.Took();
        _time.Advance(Held);
        sharing.Released();
    }
}
