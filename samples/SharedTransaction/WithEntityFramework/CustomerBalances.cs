using Microsoft.EntityFrameworkCore;
using Tidemark.Projections;

namespace SharedTransaction.WithEntityFramework;

/// <summary>Keeps what each customer has paid, with EF Core, in the transaction in which the projection's checkpoint moves.</summary>
internal sealed class CustomerBalances : EventProjection
{
    public CustomerBalances()
    {
        Table("customer_balances", "create table {table} (customer text not null primary key, cents bigint not null)");
        On<PaymentReceived>(async (e, projection, cancellationToken) =>
        {
            var transaction = await projection.BeginAsync(cancellationToken);
            await using var context = new BalancesContext(transaction.Connection!, projection.Table("customer_balances"));
            await context.Database.UseTransactionAsync(transaction, cancellationToken);

            var balance = await context.Balances.FindAsync([e.Data.Customer], cancellationToken);
            if (balance is null)
                context.Add(balance = new Balance { Customer = e.Data.Customer });
            balance.Cents += e.Data.Cents;
            await context.SaveChangesAsync(cancellationToken);
        });
    }
}
