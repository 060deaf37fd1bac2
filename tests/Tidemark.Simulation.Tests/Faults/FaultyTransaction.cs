using System.Data.Common;
using Tidemark.Log;

namespace Tidemark.Simulation.Tests.Faults;

/// <summary>A transaction whose commit fails at times, before or after it took effect.</summary>
internal sealed class FaultyTransaction(IStoreTransaction inner, FaultPlan plan) : IStoreTransaction
{
    private readonly IStoreTransaction _inner = inner;

    public DbTransaction? Transaction => _inner.Transaction;

    public static IStoreTransaction Inner(IStoreTransaction transaction) => ((FaultyTransaction)transaction)._inner;

    public ValueTask CommitAsync(CancellationToken cancellationToken) =>
        plan.RunAsync("commit-transaction", () => _inner.CommitAsync(cancellationToken), cancellationToken);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();
}
