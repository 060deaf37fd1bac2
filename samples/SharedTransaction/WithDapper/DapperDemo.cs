using Dapper;
using Microsoft.Data.Sqlite;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.Sqlite;

namespace SharedTransaction.WithDapper;

/// <summary>SQLite and Dapper: the application appends in its own transaction, and a projection writes in the daemon's.</summary>
internal static class DapperDemo
{
    public static async Task RunAsync(string file)
    {
        await using var tidemark = await TidemarkHost.StartAsync(tide => tide
            .UseSqlite(file)
            .Events(events => events.Add<PaymentReceived>("payment-received"))
            .AddProjection<CustomerBalances>());

        await using var connection = new SqliteConnection($"Data Source={file}");
        await connection.OpenAsync();
        await connection.ExecuteAsync("create table if not exists receipts (id text not null primary key, customer text not null)");

        await PayAsync(tidemark, connection, new PaymentReceived("Ada", 4250), commit: true);
        await PayAsync(tidemark, connection, new PaymentReceived("Ada", 1000), commit: true);
        await PayAsync(tidemark, connection, new PaymentReceived("Grace", 99), commit: false); // Neither receipt nor event.

        await tidemark.Daemon.WaitForCaughtUpAsync(TimeSpan.FromSeconds(10));
        var receipts = await connection.ExecuteScalarAsync<int>("select count(*) from receipts");
        Console.WriteLine($"Dapper on SQLite: {receipts} receipts.");
        var balances = await connection.QueryAsync<(string Customer, long Cents)>(
            $"select customer, cents from {tidemark.Store.ViewName("customer_balances")} order by customer");
        foreach (var (customer, cents) in balances)
            Console.WriteLine($"  {customer} has paid {cents / 100m:0.00}.");
    }

    private static async Task PayAsync(TidemarkHost tidemark, SqliteConnection connection, PaymentReceived payment, bool commit)
    {
        var id = $"payment-{Guid.CreateVersion7()}";
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "insert into receipts (id, customer) values (@id, @Customer)", new { id, payment.Customer }, transaction);

        // Append last and commit at once: readers wait for an open append.
        await tidemark.Store.AppendAsync(id, ExpectedVersion.NoStream, [payment], new AppendOptions { Transaction = transaction });
        if (commit)
            await transaction.CommitAsync();
    }
}
