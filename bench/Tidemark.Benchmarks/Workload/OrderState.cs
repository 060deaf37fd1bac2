namespace Tidemark.Benchmarks.Workload;

/// <summary>The read model of the benchmarks: a handful of fields per order.</summary>
internal sealed record OrderState(
    string Order, int Lines, int Quantity, decimal Total, decimal Paid, string LastSku, DateTimeOffset LastChange);
