using Npgsql;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.Storage.Tests.Marks;
using Tidemark.Storage.Tests.Stores;

namespace Tidemark.Storage.Tests.PostgreSql;

/// <summary>
/// Two writers and a reader in fixed interleavings, one for each way in which a reader could pass a position that is still to be committed.
/// Each answers the streams whose events the reader has lost; none when the mark is exact. Nothing here depends on timing.
/// </summary>
internal sealed class SkipProbe(PostgreSqlStore store, CancellationToken cancellationToken)
{
    private const long Gate = 4711;

    private readonly LogFollower _reader = new(store.Storage, cancellationToken);

    /// <summary>An append is open while a later one has committed.</summary>
    public async Task<IReadOnlyList<string>> OpenAppendBesideACommittedOneAsync()
    {
        await using var connection = await store.ConnectAsync("slow", cancellationToken);
        await using var slow = await connection.BeginTransactionAsync(cancellationToken);
        await AppendAsync("slow", slow);
        await AppendAsync("quick");

        await _reader.ReadOnceAsync();
        await slow.CommitAsync(cancellationToken);

        return await LostAsync("slow", "quick");
    }

    /// <summary>
    /// The same, by a session that has appended before: it could have numbers in store that are below what others have drawn since.
    /// </summary>
    public async Task<IReadOnlyList<string>> OpenAppendOfASessionThatAppendedBeforeAsync()
    {
        await using var connection = await store.ConnectAsync("slow", cancellationToken);
        await using (var first = await connection.BeginTransactionAsync(cancellationToken))
        {
            await AppendAsync("first", first);
            await first.CommitAsync(cancellationToken);
        }

        await AppendAsync("quick");
        await using var slow = await connection.BeginTransactionAsync(cancellationToken);
        await AppendAsync("slow", slow);

        await _reader.ReadOnceAsync();
        await slow.CommitAsync(cancellationToken);

        return await LostAsync("first", "quick", "slow");
    }

    /// <summary>A savepoint with an append is rolled back, and the transaction appends again.</summary>
    public async Task<IReadOnlyList<string>> OpenAppendAfterARolledBackSavepointAsync()
    {
        await using var connection = await store.ConnectAsync("slow", cancellationToken);
        await using var slow = await connection.BeginTransactionAsync(cancellationToken);
        await slow.SaveAsync("before", cancellationToken);
        await AppendAsync("undone", slow);
        await slow.RollbackAsync("before", cancellationToken);
        await AppendAsync("slow", slow);
        await AppendAsync("quick");

        await _reader.ReadOnceAsync();
        await slow.CommitAsync(cancellationToken);

        return await LostAsync("slow", "quick");
    }

    /// <summary>
    /// An append commits after a reader's statement has taken its snapshot and before the holders are looked at. The reader is either the
    /// port (the mark, then the page, each with a snapshot of its own) or one statement that does both.
    /// </summary>
    public async Task<IReadOnlyList<string>> CommitBetweenSnapshotAndScanAsync(bool oneStatement)
    {
        await using var gatekeeper = await store.ConnectAsync("gatekeeper", cancellationToken);
        await gatekeeper.ExecuteAsync($"select pg_advisory_lock({Gate})", cancellationToken);
        await using var connection = await store.ConnectAsync("slow", cancellationToken);
        await using var slow = await connection.BeginTransactionAsync(cancellationToken);
        await AppendAsync("slow", slow);
        await AppendAsync("quick");

        await using var reading = await store.ConnectAsync("reader", cancellationToken);
        var delayed = ReadBehindTheGateAsync(reading, oneStatement);
        await WaitUntilItStandsAtTheGateAsync(gatekeeper, reading.ProcessID);
        await slow.CommitAsync(cancellationToken);
        await gatekeeper.ExecuteAsync($"select pg_advisory_unlock({Gate})", cancellationToken);

        var (mark, seen) = await delayed;
        if (!oneStatement)
            seen.AddRange(await ReadPageAsync(Position.Beginning, mark));
        seen.AddRange(await ReadOnAsync(mark));
        return [.. new[] { "slow", "quick" }.Except(seen)];
    }

    /// <summary>
    /// An append begins after the mark's reader has looked at the holders. The store's function must have been given a gate between its
    /// reads.
    /// </summary>
    public async Task<IReadOnlyList<string>> AppendBetweenTheReadsOfTheMarkAsync()
    {
        await using var gatekeeper = await store.ConnectAsync("gatekeeper", cancellationToken);
        await gatekeeper.ExecuteAsync($"select pg_advisory_lock({Gate})", cancellationToken);
        await using var reading = await store.ConnectAsync("reader", cancellationToken);
        var delayed = ReadMarkAsync(reading);
        await WaitUntilItStandsAtTheGateAsync(gatekeeper, reading.ProcessID);
        await using var connection = await store.ConnectAsync("slow", cancellationToken);
        await using var slow = await connection.BeginTransactionAsync(cancellationToken);
        await AppendAsync("slow", slow);
        await gatekeeper.ExecuteAsync($"select pg_advisory_unlock({Gate})", cancellationToken);

        var mark = await delayed;
        await slow.CommitAsync(cancellationToken);
        return [.. new[] { "slow" }.Except(await ReadOnAsync(mark))];
    }

    /// <summary>The statement that waits at the gate; for SQL of a mutation.</summary>
    public static string PassTheGate => $"pg_advisory_xact_lock_shared({Gate})";

    private async Task<(Position Mark, List<string> Seen)> ReadBehindTheGateAsync(NpgsqlConnection connection, bool oneStatement)
    {
        // The statement's snapshot is taken before the gate. The functions called behind it have snapshots of their own; the table has it.
        var page = oneStatement ? "e.position <= mark.mark" : "false";
        var rows = await connection.RowsAsync(
            $"""
            with gate as materialized (select {PassTheGate} is null as passed),
                mark as materialized (select h.mark from gate, lateral {store.Schema}.high_water(case when gate.passed then 0 else 0 end) h)
            select mark.mark, e.stream from mark left join {store.Schema}.events e on {page} order by e.position
            """,
            cancellationToken);
        return (new((long)rows[0]["mark"]!), [.. rows.Select(r => r["stream"]).OfType<string>()]);
    }

    private async Task<Position> ReadMarkAsync(NpgsqlConnection connection) =>
        new(long.Parse((await connection.ScalarAsync($"select mark from {store.Schema}.high_water(0)", cancellationToken))!));

    /// <summary>What a reader that has passed the mark sees from then on.</summary>
    private async Task<IEnumerable<string>> ReadOnAsync(Position mark) =>
        await ReadPageAsync(mark, (await store.Storage.HighWater.ReadAsync(mark, cancellationToken)).Mark);

    private async Task<IEnumerable<string>> ReadPageAsync(Position after, Position through) =>
        (await store.Storage.Log.ReadAsync(new(after, through, LogFilter.All, 100, int.MaxValue), cancellationToken)).Events.Select(
            e => e.StreamId.Value);

    private async Task WaitUntilItStandsAtTheGateAsync(NpgsqlConnection connection, int session)
    {
        var waiting = $"select count(*) from pg_locks where locktype = 'advisory' and not granted and pid = {session}";
        while (await connection.ScalarAsync(waiting, cancellationToken) == "0")
            cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<IReadOnlyList<string>> LostAsync(params string[] streams)
    {
        await _reader.ReadOnceAsync();
        return [.. streams.Except(_reader.Seen.Select(e => e.StreamId.Value))];
    }

    private async Task AppendAsync(string stream, NpgsqlTransaction? transaction = null)
    {
        var append = Make.Append(stream, ExpectedVersion.Any);
        var outcomes = transaction is null
            ? await store.Storage.Log.AppendAsync([append], cancellationToken)
            : await store.Storage.Log.AppendAsync(store.Storage.Log.Lend(transaction), [append], cancellationToken);
        outcomes[0].Status.ShouldBe(AppendStatus.Appended);
    }
}
