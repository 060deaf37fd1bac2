using Tidemark.Projections;

namespace Tidemark.Benchmarks.Workload;

/// <summary>Handles every event and does nothing with it: what remains is the delivery.</summary>
internal sealed class NoProjection : EventProjection
{
    public NoProjection(string name)
    {
        Name = name;
        On<LineAdded>((_, _, _) => ValueTask.CompletedTask);
        On<PaymentReceived>((_, _, _) => ValueTask.CompletedTask);
    }
}
