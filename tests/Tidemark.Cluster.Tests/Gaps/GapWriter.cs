using System.Data;
using Npgsql;
using Tidemark.Events;
using Tidemark.Log;
using Tidemark.TestNode.Bank;

namespace Tidemark.Cluster.Tests.Gaps;

/// <summary>
/// A writer that does what applications do at their worst: appends inside transactions of its own, dawdles before the commit, rolls back,
/// rolls back to savepoints and
/// appends again. Sometimes it appends plainly.
/// </summary>
internal sealed class GapWriter(EventStore store, NpgsqlDataSource connections, GapLedger ledger, int streams, Random random)
{
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            string stream = $"account-{random.Next(streams)}";
            if (random.NextDouble() < 0.4)
                await AppendPlainlyAsync(stream);
            else
                await AppendInTransactionAsync(stream);
        }
    }

    private async Task AppendPlainlyAsync(string stream)
    {
        NewEvent[] events = MakeEvents();
        try
        {
            await store.AppendAsync(stream, ExpectedVersion.Any, events);
            ledger.Committed(IdsOf(events));
        }
        catch (AppendFailedException)
        {
            ledger.Unknown(IdsOf(events));
        }
    }

    private async Task AppendInTransactionAsync(string stream)
    {
        var ids = new List<Guid>();
        var undone = new List<Guid>();
        bool decided = false;
        try
        {
            await using NpgsqlConnection connection = await connections.OpenConnectionAsync();
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted);
            if (random.NextDouble() < 0.4)
                await ExecuteAsync(connection, "insert into own_table (note) values ('first')");
            if (random.NextDouble() < 0.15)
            {
                await transaction.SaveAsync("before");
                undone.AddRange(await AppendAsync(stream, transaction));
                await transaction.RollbackAsync("before");
            }

            ids.AddRange(await AppendAsync(stream, transaction));
            await PauseAsync();
            if (random.NextDouble() < 0.15)
            {
                await transaction.RollbackAsync();
                ledger.RolledBack(ids);
            }
            else
            {
                await transaction.CommitAsync();
                ledger.Committed(ids);
            }

            decided = true;
        }
        catch (Exception error) when (error is NpgsqlException or IOException or ObjectDisposedException)
        {
            // The session was killed: before the commit, at it, or after it.
            if (!decided)
                ledger.Unknown(ids);
        }

        ledger.RolledBack(undone);
    }

    private async Task<IEnumerable<Guid>> AppendAsync(string stream, NpgsqlTransaction transaction)
    {
        NewEvent[] events = MakeEvents();
        await store.AppendAsync(stream, ExpectedVersion.Any, events, new AppendOptions { Transaction = transaction });
        return IdsOf(events);
    }

    private async Task PauseAsync()
    {
        int most = random.NextDouble() < 0.03 ? 200 : 20;
        await Chance.PassAsync(random, 0, most);
    }

    private NewEvent[] MakeEvents() =>
        [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new NewEvent(BankSetup.RandomEvent(random)) { Id = Guid.CreateVersion7() })];

    private static IEnumerable<Guid> IdsOf(NewEvent[] events) => events.Select(e => e.Id!.Value);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
