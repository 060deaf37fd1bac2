using Tidemark.Storage.Tests.Appending;
using Tidemark.Storage.Tests.Checkpoints;
using Tidemark.Storage.Tests.Marks;
using Tidemark.Storage.Tests.Reading;
using Tidemark.Storage.Tests.ReadModels;
using Tidemark.Storage.Tests.Schemas;
using Tidemark.Storage.Tests.Stores;

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

public sealed class PostgreSqlGenerationTests : GenerationTests<PostgreSqlStore>;

public sealed class PostgreSqlDocumentTests : DocumentTests<PostgreSqlStore>;

public sealed class PostgreSqlCompositeTests : CompositeTests<PostgreSqlStore>;

public sealed class PostgreSqlOutboxTests : OutboxTests<PostgreSqlStore>;

public sealed class PostgreSqlRowTests : RowTests<PostgreSqlStore>;

public sealed class PostgreSqlCommitTests : CommitTests<PostgreSqlStore>;

public sealed class PostgreSqlDeadLetterTests : DeadLetterTests<PostgreSqlStore>;

public sealed class PostgreSqlCustomTableTests : CustomTableTests<PostgreSqlStore>;

public sealed class PostgreSqlSchemaTests : SchemaTests<PostgreSqlStore>;
