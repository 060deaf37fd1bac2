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

namespace Tidemark.Storage.Tests.PostgreSql;

// The suite on PostgreSQL: one line per class.
public sealed class PostgreSqlAppendTests : AppendTests<PostgreSqlStore>;

public sealed class PostgreSqlAppendConcurrencyTests : AppendConcurrencyTests<PostgreSqlStore>;

public sealed class PostgreSqlAppendBatchTests : AppendBatchTests<PostgreSqlStore>;

public sealed class PostgreSqlAppendAgainTests : AppendAgainTests<PostgreSqlStore>;

public sealed class PostgreSqlAppendInOwnTransactionTests : AppendInOwnTransactionTests<PostgreSqlStore>;

public sealed class PostgreSqlAppendInLentTransactionTests : AppendInLentTransactionTests<PostgreSqlStore>;

public sealed class PostgreSqlRoundTripTests : RoundTripTests<PostgreSqlStore>;

public sealed class PostgreSqlStreamReadTests : StreamReadTests<PostgreSqlStore>;

public sealed class PostgreSqlLogReadTests : LogReadTests<PostgreSqlStore>;

public sealed class PostgreSqlArchiveTests : ArchiveTests<PostgreSqlStore>;

public sealed class PostgreSqlFindTests : FindTests<PostgreSqlStore>;

public sealed class PostgreSqlHighWaterTests : HighWaterTests<PostgreSqlStore>;

public sealed class PostgreSqlWakeUpTests : WakeUpTests<PostgreSqlStore>;

public sealed class PostgreSqlCheckpointTests : CheckpointTests<PostgreSqlStore>;

public sealed class PostgreSqlReplaceTests : ReplaceTests<PostgreSqlStore>;

public sealed class PostgreSqlTenantsBehindTests : TenantsBehindTests<PostgreSqlStore>;

public sealed class PostgreSqlGenerationTests : GenerationTests<PostgreSqlStore>;

public sealed class PostgreSqlDocumentTests : DocumentTests<PostgreSqlStore>;

public sealed class PostgreSqlCompositeTests : CompositeTests<PostgreSqlStore>;

public sealed class PostgreSqlOutboxTests : OutboxTests<PostgreSqlStore>;

public sealed class PostgreSqlRowTests : RowTests<PostgreSqlStore>;

public sealed class PostgreSqlCommitTests : CommitTests<PostgreSqlStore>;

public sealed class PostgreSqlDeadLetterTests : DeadLetterTests<PostgreSqlStore>;

public sealed class PostgreSqlParkedStreamTests : ParkedStreamTests<PostgreSqlStore>;

public sealed class PostgreSqlCustomTableTests : CustomTableTests<PostgreSqlStore>;

public sealed class PostgreSqlSchemaTests : SchemaTests<PostgreSqlStore>;

public sealed class PostgreSqlLeaseTests : LeaseTests<PostgreSqlStore>;

public sealed class PostgreSqlNodeTests : NodeTests<PostgreSqlStore>;

public sealed class PostgreSqlLeaseChangeTests : LeaseChangeTests<PostgreSqlStore>;

public sealed class PostgreSqlLeaseDeltaTests : LeaseDeltaTests<PostgreSqlStore>;

public sealed class PostgreSqlLeaseRaceTests : LeaseRaceTests<PostgreSqlStore>;

public sealed class PostgreSqlLeaseHintTests : LeaseHintTests<PostgreSqlStore>;

public sealed class PostgreSqlCommandTests : CommandTests<PostgreSqlStore>;

public sealed class PostgreSqlTenantTests : TenantTests<PostgreSqlStore>;

public sealed class PostgreSqlSubscriptionStoreTests : SubscriptionStoreTests<PostgreSqlStore>;

public sealed class PostgreSqlDeliveryKeyStoreTests : DeliveryKeyStoreTests<PostgreSqlStore>;
