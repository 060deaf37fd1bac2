namespace Tidemark.Benchmarks.Workload;

/// <summary>A payment for an order came in; about 290 bytes of JSON.</summary>
internal sealed record PaymentReceived(
    string Order, string Payment, decimal Amount, string Currency, string Method, string Bank, string Reference, string Message,
        DateTimeOffset At);
