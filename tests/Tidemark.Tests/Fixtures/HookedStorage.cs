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

namespace Tidemark.Tests.Fixtures;

/// <summary>The store in memory, with places where a test can wait, count or fail.</summary>
internal sealed class HookedStorage(InMemoryStorage inner) : IEventDatabaseStorage, IReadModelStore, IHighWaterSource
{
    public InMemoryStorage Inner { get; } = inner;

    /// <summary>Before a shard's commit takes effect.</summary>
    public Func<ReadModelCommit, Task> BeforeCommit { get; set; } = _ => Task.CompletedTask;

    public Func<int, Task> BeforePublish { get; set; } = _ => Task.CompletedTask;

    /// <summary>Before the mark is read.</summary>
    public Func<Task> BeforeMark { get; set; } = () => Task.CompletedTask;

    public Func<Task> BeforePrepare { get; set; } = () => Task.CompletedTask;

    /// <summary>Before a node's heartbeat reaches the database.</summary>
    public Func<CancellationToken, Task> BeforeTick { get; set; } = _ => Task.CompletedTask;

    /// <summary>What a node is told in place of the database's answer.</summary>
    public Func<LeaseView, LeaseView> ChangeView { get; set; } = view => view;

    /// <summary>What the node was told last; null before its first heartbeat.</summary>
    public LeaseView? LastView { get; set; }

    /// <summary>Before a change of the leases reaches the database.</summary>
    public Func<LeaseChange, Task> BeforeChange { get; set; } = _ => Task.CompletedTask;

    public ISchema? OtherSchema { get; set; }

    /// <summary>How often documents were asked for.</summary>
    public int Loads { get; private set; }

    /// <summary>How many documents were asked for.</summary>
    public int KeysLoaded { get; private set; }

    public string Description => Inner.Description;

    public int FlushesMax => Inner.FlushesMax;

    public IEventLog Log => Inner.Log;

    public IHighWaterSource HighWater => this;

    public IWakeUpChannel WakeUp => Inner.WakeUp;

    public ICheckpointStore Checkpoints => Inner.Checkpoints;

    public IDeadLetterStore DeadLetters => Inner.DeadLetters;

    public IOutboxStore Outbox => Inner.Outbox;

    public IReadModelStore ReadModels => this;

    public ILeaseStore Leases => new HookedLeases(this);

    public ICommandStore Commands => Inner.Commands;

    public ITenantStore Tenants => Inner.Tenants;

    public ISubscriptionStore Subscriptions => Inner.Subscriptions;

    public IDeliveryKeyStore DeliveryKeys => Inner.DeliveryKeys;

    public IDeliveryFailureStore DeliveryFailures => Inner.DeliveryFailures;

    public ISchema Schema => OtherSchema ?? Inner.Schema;

    public bool SupportsSql => Inner.ReadModels.SupportsSql;

    /// <summary>Time-outs are a database that is away, as on PostgreSQL.</summary>
    public bool IsTransient(Exception error) => AwayException.Is(error) || error is TimeoutException;

    public ValueTask DisposeAsync() => Inner.DisposeAsync();

    public async ValueTask CommitAsync(ReadModelCommit commit, CancellationToken cancellationToken)
    {
        await BeforeCommit(commit).WaitAsync(cancellationToken);
        await Inner.ReadModels.CommitAsync(commit, cancellationToken);
    }

    public async ValueTask<HighWaterReading> ReadAsync(Position known, CancellationToken cancellationToken)
    {
        await BeforeMark().WaitAsync(cancellationToken);
        return await Inner.HighWater.ReadAsync(known, cancellationToken);
    }

    public ValueTask<IReadOnlyList<HighWaterBlocker>> ReadBlockersAsync(CancellationToken cancellationToken) =>
        Inner.HighWater.ReadBlockersAsync(cancellationToken);

    public async ValueTask PublishAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken)
    {
        await BeforePublish(generation).WaitAsync(cancellationToken);
        await Inner.ReadModels.PublishAsync(projection, schema, generation, cancellationToken);
    }

    public ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken)
    {
        Loads++;
        KeysLoaded += keys.Count;
        return Inner.ReadModels.LoadAsync(name, generation, keys, cancellationToken);
    }

    public async ValueTask<ReadModelGeneration> PrepareAsync(
        string projection, int version, ReadModelSchema schema, int generation, CancellationToken cancellationToken)
    {
        await BeforePrepare().WaitAsync(cancellationToken);
        return await Inner.ReadModels.PrepareAsync(projection, version, schema, generation, cancellationToken);
    }

    public ValueTask DropAsync(string projection, ReadModelSchema schema, int generation, CancellationToken cancellationToken) =>
        Inner.ReadModels.DropAsync(projection, schema, generation, cancellationToken);

    public ValueTask<IReadOnlyList<ReadModelGeneration>> ReadGenerationsAsync(CancellationToken cancellationToken) =>
        Inner.ReadModels.ReadGenerationsAsync(cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> LoadAsync(
        IStoreTransaction transaction, string name, int generation, IReadOnlyList<DocumentKey> keys, CancellationToken cancellationToken) =>
        Inner.ReadModels.LoadAsync(transaction, name, generation, keys, cancellationToken);

    public ValueTask WriteAsync(IStoreTransaction transaction, ReadModelCommit commit, CancellationToken cancellationToken) =>
        Inner.ReadModels.WriteAsync(transaction, commit, cancellationToken);

    public ValueTask BoundIdleAsync(IStoreTransaction transaction, CancellationToken cancellationToken) =>
        Inner.ReadModels.BoundIdleAsync(transaction, cancellationToken);

    public ValueTask<IReadOnlyList<StoredDocument>> ReadLiveAsync(
        string name, TenantId tenant, string? afterKey, int countMax, CancellationToken cancellationToken) =>
        Inner.ReadModels.ReadLiveAsync(name, tenant, afterKey, countMax, cancellationToken);

    public ValueTask<StoredDocument?> FindLiveAsync(string name, DocumentKey key, CancellationToken cancellationToken) =>
        Inner.ReadModels.FindLiveAsync(name, key, cancellationToken);

    public string TableName(string name, int generation) => Inner.ReadModels.TableName(name, generation);

    public string ViewName(string name) => Inner.ReadModels.ViewName(name);
}
