using Tidemark.Storage.Tests.Appending;
using Tidemark.Storage.Tests.Checkpoints;
using Tidemark.Storage.Tests.Delivery;
using Tidemark.Storage.Tests.Leases;
using Tidemark.Storage.Tests.Marks;
using Tidemark.Storage.Tests.ReadModels;
using Tidemark.Storage.Tests.Reading;
using Tidemark.Storage.Tests.Stores;
using Tidemark.Storage.Tests.Tenancy;

namespace Tidemark.Storage.Tests.InMemory;

// The suite on the store in memory: one line per class.
public sealed class MemoryAppendTests : AppendTests<MemoryStore>;

public sealed class MemoryAppendConcurrencyTests : AppendConcurrencyTests<MemoryStore>;

public sealed class MemoryAppendBatchTests : AppendBatchTests<MemoryStore>;

public sealed class MemoryAppendAgainTests : AppendAgainTests<MemoryStore>;

public sealed class MemoryAppendInOwnTransactionTests : AppendInOwnTransactionTests<MemoryStore>;

public sealed class MemoryRoundTripTests : RoundTripTests<MemoryStore>;

public sealed class MemoryStreamReadTests : StreamReadTests<MemoryStore>;

public sealed class MemoryLogReadTests : LogReadTests<MemoryStore>;

public sealed class MemoryArchiveTests : ArchiveTests<MemoryStore>;

public sealed class MemoryFindTests : FindTests<MemoryStore>;

public sealed class MemoryHighWaterTests : HighWaterTests<MemoryStore>;

public sealed class MemoryWakeUpTests : WakeUpTests<MemoryStore>;

public sealed class MemoryCheckpointTests : CheckpointTests<MemoryStore>;

public sealed class MemoryReplaceTests : ReplaceTests<MemoryStore>;

public sealed class MemoryTenantsBehindTests : TenantsBehindTests<MemoryStore>;

public sealed class MemoryGenerationTests : GenerationTests<MemoryStore>;

public sealed class MemoryDocumentTests : DocumentTests<MemoryStore>;

public sealed class MemoryCompositeTests : CompositeTests<MemoryStore>;

public sealed class MemoryOutboxTests : OutboxTests<MemoryStore>;

public sealed class MemoryRowTests : RowTests<MemoryStore>;

public sealed class MemoryCommitTests : CommitTests<MemoryStore>;

public sealed class MemoryDeadLetterTests : DeadLetterTests<MemoryStore>;

public sealed class MemoryLeaseTests : LeaseTests<MemoryStore>;

public sealed class MemoryNodeTests : NodeTests<MemoryStore>;

public sealed class MemoryLeaseChangeTests : LeaseChangeTests<MemoryStore>;

public sealed class MemoryLeaseDeltaTests : LeaseDeltaTests<MemoryStore>;

public sealed class MemoryLeaseRaceTests : LeaseRaceTests<MemoryStore>;

public sealed class MemoryLeaseHintTests : LeaseHintTests<MemoryStore>;

public sealed class MemoryCommandTests : CommandTests<MemoryStore>;

public sealed class MemoryParkedStreamTests : ParkedStreamTests<MemoryStore>;

public sealed class MemoryTenantTests : TenantTests<MemoryStore>;

public sealed class MemorySubscriptionStoreTests : SubscriptionStoreTests<MemoryStore>;

public sealed class MemoryDeliveryKeyStoreTests : DeliveryKeyStoreTests<MemoryStore>;
