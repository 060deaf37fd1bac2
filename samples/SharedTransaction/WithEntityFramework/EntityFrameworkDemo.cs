using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tidemark.Events;
using Tidemark.Hosting;
using Tidemark.Log;
using Tidemark.PostgreSql;

namespace SharedTransaction.WithEntityFramework;

/// <summary>
/// PostgreSQL and EF Core: the application appends in the transaction of its own context, and a projection writes through a context in the
/// daemon's.
/// </summary>
internal static class EntityFrameworkDemo
{
    public static async Task RunAsync(string connectionString)
    {
        await using var tidemark = await TidemarkHost.StartAsync(tide => tide
            .UsePostgreSql(connectionString, options => options.Schema = "tidemark_shop")
            .Events(events => events.Add<PaymentReceived>("payment-received"))
            .AddProjection<CustomerBalances>());

        await using var shop = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(connectionString).Options);
        await shop.Database.ExecuteSqlAsync($"create schema if not exists shop");
        await shop.Database.ExecuteSqlAsync(
            $"create table if not exists shop.receipts (id text not null primary key, customer text not null)");

        await PayAsync(tidemark, shop, new PaymentReceived("Ada", 4250), commit: true);
        await PayAsync(tidemark, shop, new PaymentReceived("Ada", 1000), commit: true);
        await PayAsync(tidemark, shop, new PaymentReceived("Grace", 99), commit: false); // Neither receipt nor event.

        await tidemark.Daemon.WaitForCaughtUpAsync(TimeSpan.FromSeconds(10));
        Console.WriteLine($"EF Core on PostgreSQL: {await shop.Receipts.CountAsync()} receipts.");
        await using var connection = new NpgsqlConnection(connectionString);
        await using var balances = new BalancesContext(connection, tidemark.Store.ViewName("customer_balances"));
        foreach (var balance in await balances.Balances.AsNoTracking().OrderBy(b => b.Customer).ToListAsync())
            Console.WriteLine($"  {balance.Customer} has paid {balance.Cents / 100m:0.00}.");
    }

    private static async Task PayAsync(TidemarkHost tidemark, ShopContext shop, PaymentReceived payment, bool commit)
    {
        var id = $"payment-{Guid.CreateVersion7()}";
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.Add(new Receipt { Id = id, Customer = payment.Customer });
        await shop.SaveChangesAsync();

        // Append last and commit at once: readers wait for an open append.
        var options = new AppendOptions { Transaction = transaction.GetDbTransaction() };
        await tidemark.Store.AppendAsync(id, ExpectedVersion.NoStream, [payment], options);
        if (commit)
            await transaction.CommitAsync();
        shop.ChangeTracker.Clear();
    }
}
