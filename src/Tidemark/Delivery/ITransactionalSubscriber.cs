using System.Data.Common;

namespace Tidemark.Delivery;

/// <summary>
/// A consumer that writes to the event database itself, in the transaction that moves the subscription's token: each event takes effect
/// exactly once. Needs a store with SQL.
/// </summary>
public interface ITransactionalSubscriber
{
    /// <summary>
    /// Processes a batch. Write with the transaction alone, and do not commit it. What it throws rolls everything back. An outcome that is
    /// not done commits nothing either, but for what it says is done before: a consumer that answers so has written nothing for the rest.
    /// On PostgreSQL the server ends a transaction in which nothing happens for <c>PostgreSqlOptions.IdleTransactionMax</c>, 10 seconds by
    /// default, so that a frozen process holds no locks; do slow work before the first write, or raise that.
    /// </summary>
    ValueTask<DeliveryOutcome> HandleAsync(DeliveryBatch batch, DbTransaction transaction, CancellationToken cancellationToken);
}
