using Tidemark.Checkpoints;
using Tidemark.Control;
using Tidemark.Delivery;
using Tidemark.Events;
using Tidemark.HighWater;
using Tidemark.Leases;
using Tidemark.Log;
using Tidemark.Projections;
using Tidemark.Shards;
using Tidemark.Storage;
using Tidemark.Tenancy;
using Tidemark.Testing;

namespace Tidemark.Simulation.Tests.Faults;

/// <summary>The store in memory, with faults by a plan.</summary>
internal sealed class FaultyStorage(InMemoryStorage inner, FaultPlan plan) : IEventDatabaseStorage
{
    public InMemoryStorage Inner { get; } = inner;

    public string Description => Inner.Description;

    public int FlushesMax => 2;

    public IEventLog Log { get; } = new FaultyLog(inner.Log, plan);

    public IHighWaterSource HighWater { get; } = new FaultyMarks(inner.HighWater, plan);

    public IWakeUpChannel WakeUp => Inner.WakeUp;

    public ICheckpointStore Checkpoints { get; } = new FaultyCheckpoints(inner.Checkpoints, plan);

    public IDeadLetterStore DeadLetters { get; } = new FaultyDeadLetters(inner.DeadLetters, plan);

    public IOutboxStore Outbox => Inner.Outbox;

    public IReadModelStore ReadModels { get; } = new FaultyReadModels(inner.ReadModels, plan);

    public ILeaseStore Leases => Inner.Leases;

    public ICommandStore Commands => Inner.Commands;

    public ITenantStore Tenants => Inner.Tenants;

    public ISubscriptionStore Subscriptions { get; } = new FaultySubscriptions(inner.Subscriptions, plan);

    public IDeliveryFailureStore DeliveryFailures { get; } = new FaultyDeliveryFailures(inner.DeliveryFailures, plan);

    public IDeliveryKeyStore DeliveryKeys => Inner.DeliveryKeys;

    public ISchema Schema => Inner.Schema;

    public bool IsTransient(Exception error) => error is OutageException;

    public ValueTask DisposeAsync() => Inner.DisposeAsync();
}

/// <summary>The mark, with faults: it is away at times, and at times an open append holds it back.</summary>
internal sealed class FaultyMarks(IHighWaterSource inner, FaultPlan plan) : IHighWaterSource
{
    public ValueTask<HighWaterReading> ReadAsync(Position known, CancellationToken cancellationToken) =>
        plan.RunAsync("mark", () => HeldAsync(known, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<HighWaterBlocker>> ReadBlockersAsync(CancellationToken cancellationToken) =>
        inner.ReadBlockersAsync(cancellationToken);

    private async ValueTask<HighWaterReading> HeldAsync(Position known, CancellationToken cancellationToken)
    {
        var reading = await inner.ReadAsync(known, cancellationToken);
        if (!plan.Enabled || plan.Draw("held", 4) > 0)
            return reading;
        return reading with
        {
            Mark = new(
            Math.Max(Math.Min(known.Value, reading.Mark.Value), reading.Mark.Value - plan.Draw("held by", 8)))
        };
    }
}

/// <summary>The checkpoints, with faults.</summary>
internal sealed class FaultyCheckpoints(ICheckpointStore inner, FaultPlan plan) : ICheckpointStore
{
    public ValueTask<Checkpoint> OpenAsync(ShardName shard, Epoch? epoch, CancellationToken cancellationToken) =>
        plan.RunAsync($"open {shard}", () => inner.OpenAsync(shard, epoch, cancellationToken), cancellationToken);

    public ValueTask MoveAsync(CheckpointMove move, CancellationToken cancellationToken) =>
        plan.RunAsync($"move {move.Shard}", () => inner.MoveAsync(move, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<Checkpoint>> ReadAllAsync(CancellationToken cancellationToken) => inner.ReadAllAsync(cancellationToken);

    public ValueTask ReplaceAsync(
        IReadOnlyList<ShardName> replaced, IReadOnlyList<Checkpoint> made, CancellationToken cancellationToken) =>
        plan.RunAsync("replace", () => inner.ReplaceAsync(replaced, made, cancellationToken), cancellationToken);

    public ValueTask DeleteAsync(string projection, int generation, CancellationToken cancellationToken) =>
        plan.RunAsync($"delete {projection}", () => inner.DeleteAsync(projection, generation, cancellationToken), cancellationToken);
}
