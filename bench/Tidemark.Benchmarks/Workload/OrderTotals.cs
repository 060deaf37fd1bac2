using Tidemark.Projections;

namespace Tidemark.Benchmarks.Workload;

/// <summary>An aggregate per order. The number tells the copies of one run apart.</summary>
internal sealed class OrderTotals : SingleStreamProjection<OrderState>
{
    public OrderTotals(string name, int partitions = 1)
    {
        Name = name;
        Partitions = partitions;
        Initial(key => new OrderState(key, 0, 0, 0, 0, "", default));
        On<LineAdded>((order, e) => order with
        {
            Lines = order.Lines + 1,
            Quantity = order.Quantity + e.Data.Quantity,
            Total = order.Total + (e.Data.Quantity * e.Data.UnitPrice),
            LastSku = e.Data.Sku,
            LastChange = e.Data.At,
        });
        On<PaymentReceived>((order, e) => order with { Paid = order.Paid + e.Data.Amount, LastChange = e.Data.At });
    }
}
