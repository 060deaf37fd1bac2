using Tidemark.Projections;

namespace Tidemark.Benchmarks.Workload;

/// <summary>A row per order, written with a statement of its own for each event, as handlers do that share the transaction.</summary>
internal sealed class OrderStatements : EventProjection
{
    public OrderStatements(string name, int partitions = 1)
    {
        Name = name;
        Partitions = partitions;
        Table(
            name,
            "create table {table} (order_id text primary key, lines bigint not null, quantity bigint not null, payments bigint not null)");
        On<LineAdded>((e, projection, ct) => WriteAsync(name, projection, e.StreamId, 1, e.Data.Quantity, 0, ct));
        On<PaymentReceived>((e, projection, ct) => WriteAsync(name, projection, e.StreamId, 0, 0, 1, ct));
    }

    /// <summary>The SQL that reads all rows, in the order of their keys.</summary>
    public static string ReadAll(string view) => $"select order_id, lines, quantity, payments from {view} order by order_id";

    private static async ValueTask WriteAsync(
        string name, ProjectionTransaction projection, string order, long lines, long quantity, long payments,
        CancellationToken cancellationToken)
    {
        var table = projection.Table(name);
        await projection.ExecuteAsync(
            $"""
            insert into {table} as t (order_id, lines, quantity, payments) values (@order, @lines, @quantity, @payments)
            on conflict (order_id) do update set lines = t.lines + excluded.lines, quantity = t.quantity + excluded.quantity,
            payments = t.payments + excluded.payments
            """,
            [("@order", order), ("@lines", lines), ("@quantity", quantity), ("@payments", payments)],
            cancellationToken).ConfigureAwait(false);
    }
}
