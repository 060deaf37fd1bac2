namespace Tidemark.Benchmarks.Workload;

/// <summary>A line was added to an order; about 290 bytes of JSON.</summary>
internal sealed record LineAdded(
    string Order, int Line, string Sku, string Description, int Quantity, decimal UnitPrice, string Currency, string Warehouse,
        DateTimeOffset At, string AddedBy);
