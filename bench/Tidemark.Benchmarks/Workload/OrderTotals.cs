using System.Security.Cryptography;
using System.Text;
using Tidemark.Projections;

namespace Tidemark.Benchmarks.Workload;

/// <summary>An aggregate per order. The number tells the copies of one run apart.</summary>
internal sealed class OrderTotals : SingleStreamProjection<OrderState>
{
    /// <param name="name">Its name.</param>
    /// <param name="partitions">Into how many shards it is split.</param>
    /// <param name="hashes">
    /// How often the handler of a line hashes it: work of its own beside the folding, whose outcome the document keeps.
    /// </param>
    public OrderTotals(string name, int partitions = 1, int hashes = 0)
    {
        Name = name;
        Partitions = partitions;
        Initial(key => new OrderState(key, 0, 0, 0, 0, "", default));
        On<LineAdded>((order, e) => order with
        {
            Lines = order.Lines + 1,
            Quantity = order.Quantity + e.Data.Quantity,
            Total = order.Total + (e.Data.Quantity * e.Data.UnitPrice),
            LastSku = hashes == 0 ? e.Data.Sku : Hash(order.LastSku, e.Data, hashes),
            LastChange = e.Data.At,
        });
        On<PaymentReceived>((order, e) => order with { Paid = order.Paid + e.Data.Amount, LastChange = e.Data.At });
    }

    private static string Hash(string former, LineAdded line, int hashes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(former + line.Sku + line.Description), hash);
        for (var i = 1; i < hashes; i++)
            SHA256.HashData(hash, hash);
        return Convert.ToHexStringLower(hash[..8]);
    }
}
