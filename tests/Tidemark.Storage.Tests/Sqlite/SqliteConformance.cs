using Tidemark.Storage.Tests.Appending;
using Tidemark.Storage.Tests.Checkpoints;
using Tidemark.Storage.Tests.Delivery;
using Tidemark.Storage.Tests.Leases;
using Tidemark.Storage.Tests.Marks;
using Tidemark.Storage.Tests.ReadModels;
using Tidemark.Storage.Tests.Reading;
using Tidemark.Storage.Tests.Schemas;
using Tidemark.Storage.Tests.Stores;
using Tidemark.Storage.Tests.Tenancy;

namespace Tidemark.Storage.Tests.Sqlite;

// The suite on SQLite: one line per class.
public sealed class SqliteAppendTests : AppendTests<SqliteStore>;

public sealed class SqliteAppendConcurrencyTests : AppendConcurrencyTests<SqliteStore>;

public sealed class SqliteAppendBatchTests : AppendBatchTests<SqliteStore>;

public sealed class SqliteAppendAgainTests : AppendAgainTests<SqliteStore>;

public sealed class SqliteAppendInOwnTransactionTests : AppendInOwnTransactionTests<SqliteStore>;

public sealed class SqliteAppendInLentTransactionTests : AppendInLentTransactionTests<SqliteStore>;

public sealed class SqliteRoundTripTests : RoundTripTests<SqliteStore>;

public sealed class SqliteStreamReadTests : StreamReadTests<SqliteStore>;

public sealed class SqliteLogReadTests : LogReadTests<SqliteStore>;

public sealed class SqliteArchiveTests : ArchiveTests<SqliteStore>;

public sealed class SqliteFindTests : FindTests<SqliteStore>;

public sealed class SqliteHighWaterTests : HighWaterTests<SqliteStore>;

public sealed class SqliteWakeUpTests : WakeUpTests<SqliteStore>;

public sealed class SqliteCheckpointTests : CheckpointTests<SqliteStore>;

public sealed class SqliteReplaceTests : ReplaceTests<SqliteStore>;

public sealed class SqliteTenantsBehindTests : TenantsBehindTests<SqliteStore>;

public sealed class SqliteGenerationTests : GenerationTests<SqliteStore>;

public sealed class SqliteDocumentTests : DocumentTests<SqliteStore>;

public sealed class SqliteCompositeTests : CompositeTests<SqliteStore>;

public sealed class SqliteOutboxTests : OutboxTests<SqliteStore>;

public sealed class SqliteRowTests : RowTests<SqliteStore>;

public sealed class SqliteCommitTests : CommitTests<SqliteStore>;

public sealed class SqliteDeadLetterTests : DeadLetterTests<SqliteStore>;

public sealed class SqliteParkedStreamTests : ParkedStreamTests<SqliteStore>;

public sealed class SqliteCustomTableTests : CustomTableTests<SqliteStore>;

public sealed class SqliteSchemaTests : SchemaTests<SqliteStore>;

public sealed class SqliteLeaseTests : LeaseTests<SqliteStore>;

public sealed class SqliteNodeTests : NodeTests<SqliteStore>;

public sealed class SqliteLeaseChangeTests : LeaseChangeTests<SqliteStore>;

public sealed class SqliteLeaseDeltaTests : LeaseDeltaTests<SqliteStore>;

public sealed class SqliteLeaseRaceTests : LeaseRaceTests<SqliteStore>;

public sealed class SqliteLeaseHintTests : LeaseHintTests<SqliteStore>;

public sealed class SqliteCommandTests : CommandTests<SqliteStore>;

public sealed class SqliteTenantTests : TenantTests<SqliteStore>;

public sealed class SqliteSubscriptionStoreTests : SubscriptionStoreTests<SqliteStore>;

public sealed class SqliteDeliveryKeyStoreTests : DeliveryKeyStoreTests<SqliteStore>;
