using Dapper;
using Tidemark.Projections;

namespace SharedTransaction.WithDapper;

/// <summary>
/// Keeps what each customer has paid, with Dapper, in the transaction in which the projection's checkpoint moves: each payment counts
/// exactly once.
/// </summary>
internal sealed class CustomerBalances : EventProjection
{
    public CustomerBalances()
    {
        Table("customer_balances", "create table {table} (customer text not null primary key, cents bigint not null)");
        On<PaymentReceived>(async (e, projection, cancellationToken) =>
        {
            var transaction = await projection.BeginAsync(cancellationToken);
            var table = projection.Table("customer_balances");
            await transaction.Connection!.ExecuteAsync(new CommandDefinition(
                $"""
                insert into {table} (customer, cents) values (@Customer, @Cents)
                on conflict (customer) do update set cents = {table}.cents + excluded.cents
                """,
                e.Data,
                transaction,
                cancellationToken: cancellationToken));
        });
    }
}
