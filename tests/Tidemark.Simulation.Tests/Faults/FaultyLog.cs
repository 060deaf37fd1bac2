using System.Data.Common;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Simulation.Tests.Faults;

/// <summary>The log, with faults.</summary>
internal sealed class FaultyLog(IEventLog inner, FaultPlan plan) : IEventLog
{
    public ValueTask<AppendOutcome[]> AppendAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        plan.RunAsync("append", () => inner.AppendAsync(appends, cancellationToken), cancellationToken);

    public ValueTask<AppendOutcome[]> AppendAtomicallyAsync(IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        plan.RunAsync("append-atomically", () => inner.AppendAtomicallyAsync(appends, cancellationToken), cancellationToken);

    public ValueTask<AppendOutcome[]> AppendAsync(
        IStoreTransaction transaction, IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken) =>
        plan.RunAsync("append-inside", () => inner.AppendAsync(FaultyTransaction.Inner(transaction), appends, cancellationToken),
            cancellationToken);

    // A transaction whose beginning got lost would stay open here; a database ends it with its session.
    public async ValueTask<IStoreTransaction> BeginAsync(CancellationToken cancellationToken) =>
        new FaultyTransaction(await inner.BeginAsync(cancellationToken), plan);

    public IStoreTransaction Lend(DbTransaction transaction) => inner.Lend(transaction);

    public ValueTask<LogPage> ReadAsync(LogRead read, CancellationToken cancellationToken) =>
        plan.RunAsync("read", () => inner.ReadAsync(read, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamRead read, CancellationToken cancellationToken) =>
        inner.ReadStreamAsync(read, cancellationToken);

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadStreamAsync(
        IStoreTransaction transaction, StreamRead read, CancellationToken cancellationToken) =>
        plan.RunAsync("read-inside", () => inner.ReadStreamAsync(FaultyTransaction.Inner(transaction), read, cancellationToken),
            cancellationToken);

    public ValueTask<StreamState?> FindStreamAsync(TenantId tenant, StreamId stream, CancellationToken cancellationToken) =>
        inner.FindStreamAsync(tenant, stream, cancellationToken);

    public ValueTask<RecordedEvent?> FindEventAsync(Guid id, CancellationToken cancellationToken) =>
        inner.FindEventAsync(id, cancellationToken);

    public ValueTask<Guid?> FindEventIdAsync(Position position, CancellationToken cancellationToken) =>
        plan.RunAsync("anchor", () => inner.FindEventIdAsync(position, cancellationToken), cancellationToken);

    public ValueTask<bool> HasSeveralTenantsAsync(CancellationToken cancellationToken) =>
        plan.RunAsync("tenants", () => inner.HasSeveralTenantsAsync(cancellationToken), cancellationToken);

    public ValueTask<Position> FindPositionBeforeAsync(DateTimeOffset moment, Position through, CancellationToken cancellationToken) =>
        inner.FindPositionBeforeAsync(moment, through, cancellationToken);

    public ValueTask<bool> SetArchivedAsync(TenantId tenant, StreamId stream, bool archived, CancellationToken cancellationToken) =>
        inner.SetArchivedAsync(tenant, stream, archived, cancellationToken);
}
