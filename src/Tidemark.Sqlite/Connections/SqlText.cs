using System.Reflection;

namespace Tidemark.Sqlite.Connections;

/// <summary>The SQL statements, from the embedded files of the folder Sql.</summary>
internal static class SqlText
{
    public static readonly string BeginImmediate = Load("begin_immediate");
    public static readonly string Commit = Load("commit");
    public static readonly string Rollback = Load("rollback");
    public static readonly string BeginSnapshot = Load("begin_snapshot");
    public static readonly string TakeWriteLock = Load("take_write_lock");
    public static readonly string BeginSavepoint = Load("begin_savepoint");
    public static readonly string ReleaseSavepoint = Load("release_savepoint");
    public static readonly string UndoSavepoint = Load("undo_savepoint");

    public static readonly string ReadHighWater = Load("read_high_water");
    public static readonly string FindStream = Load("find_stream");
    public static readonly string InsertStream = Load("insert_stream");
    public static readonly string FindEventPlace = Load("find_event_place");
    public static readonly string InsertEvent = Load("insert_event");
    public static readonly string ReadPage = Load("read_page");
    public static readonly string ReadPageFiltered = Load("read_page_filtered");
    public static readonly string ReadStreamForwards = Load("read_stream_forwards");
    public static readonly string ReadStreamBackwards = Load("read_stream_backwards");
    public static readonly string FindEvent = Load("find_event");
    public static readonly string FindEventId = Load("find_event_id");
    public static readonly string FindPositionBefore = Load("find_position_before");
    public static readonly string HasSeveralTenants = Load("has_several_tenants");
    public static readonly string SetArchived = Load("set_archived");
    public static readonly string SetEventsArchived = Load("set_events_archived");
    public static readonly string ReadDataVersion = Load("read_data_version");

    public static readonly string FindCheckpoint = Load("find_checkpoint");
    public static readonly string ReadCheckpoints = Load("read_checkpoints");
    public static readonly string InsertCheckpoint = Load("insert_checkpoint");
    public static readonly string SaveCheckpoint = Load("save_checkpoint");
    public static readonly string InstallEpoch = Load("install_epoch");
    public static readonly string MoveCheckpoint = Load("move_checkpoint");
    public static readonly string DeleteCheckpoints = Load("delete_checkpoints");
    public static readonly string InsertDeadLetter = Load("insert_dead_letter");
    public static readonly string ReadDeadLetters = Load("read_dead_letters");
    public static readonly string FindDeadLetter = Load("find_dead_letter");
    public static readonly string DeleteDeadLetter = Load("delete_dead_letter");
    public static readonly string SupersedeDeadLetters = Load("supersede_dead_letters");
    public static readonly string ParkStream = Load("park_stream");
    public static readonly string ReleaseParkedStream = Load("release_parked_stream");
    public static readonly string DeleteParkedStreams = Load("delete_parked_streams");
    public static readonly string FindParkedStream = Load("find_parked_stream");
    public static readonly string LoadParkedStreams = Load("load_parked_streams");
    public static readonly string ReadParkedStreams = Load("read_parked_streams");
    public static readonly string InsertParkedEvent = Load("insert_parked_event");
    public static readonly string DeleteParkedEvents = Load("delete_parked_events");
    public static readonly string DeleteParkedQueues = Load("delete_parked_queues");
    public static readonly string ReadParkedEvents = Load("read_parked_events");

    public static readonly string InsertMessage = Load("insert_message");
    public static readonly string ReadMessages = Load("read_messages");
    public static readonly string DeleteMessage = Load("delete_message");

    public static readonly string ReadGenerations = Load("read_generations");
    public static readonly string SaveGeneration = Load("save_generation");
    public static readonly string FindRelationKind = Load("find_relation_kind");
    public static readonly string CreateDocumentTable = Load("create_document_table");
    public static readonly string LoadDocument = Load("load_document");
    public static readonly string ReadDocuments = Load("read_documents");
    public static readonly string UpsertDocument = Load("upsert_document");
    public static readonly string DeleteDocument = Load("delete_document");

    public static readonly string ReadLeaseChange = Load("read_lease_change");
    public static readonly string SaveLeaseChange = Load("save_lease_change");
    public static readonly string LookAtLeases = Load("look_at_leases");
    public static readonly string FindNode = Load("find_node");
    public static readonly string UpsertNode = Load("upsert_node");
    public static readonly string ExpireNode = Load("expire_node");
    public static readonly string DeleteExpiredNodes = Load("delete_expired_nodes");
    public static readonly string DeleteNode = Load("delete_node");
    public static readonly string SetNodeState = Load("set_node_state");
    public static readonly string ReadNodes = Load("read_nodes");
    public static readonly string ReadLeases = Load("read_leases");
    public static readonly string FindLeaseGeneration = Load("find_lease_generation");
    public static readonly string FindLeaseAsRequired = Load("find_lease_as_required");
    public static readonly string UpsertLease = Load("upsert_lease");
    public static readonly string ReleaseLease = Load("release_lease");
    public static readonly string ReleaseLeases = Load("release_leases");
    public static readonly string ClaimLease = Load("claim_lease");
    public static readonly string RaiseLease = Load("raise_lease");
    public static readonly string ReportProblem = Load("report_problem");
    public static readonly string SetLeaseState = Load("set_lease_state");
    public static readonly string SetLeasePin = Load("set_lease_pin");
    public static readonly string DeleteLease = Load("delete_lease");

    public static readonly string AddCommand = Load("add_command");
    public static readonly string FindCommand = Load("find_command");
    public static readonly string ReadOpenCommands = Load("read_open_commands");
    public static readonly string ReadCommands = Load("read_commands");
    public static readonly string TakeCommand = Load("take_command");
    public static readonly string EndCommand = Load("end_command");

    public static readonly string AddTenant = Load("add_tenant");
    public static readonly string RemoveTenant = Load("remove_tenant");
    public static readonly string FindTenant = Load("find_tenant");
    public static readonly string CountTenantChange = Load("count_tenant_change");
    public static readonly string ReadTenants = Load("read_tenants");

    public static readonly string ReadSubscriptions = Load("read_subscriptions");
    public static readonly string ReadDeliveryKeys = Load("read_delivery_keys");
    public static readonly string AddDeliveryKey = Load("add_delivery_key");
    public static readonly string FindDeliveryKey = Load("find_delivery_key");
    public static readonly string RevokeDeliveryKey = Load("revoke_delivery_key");
    public static readonly string FindSubscription = Load("find_subscription");
    public static readonly string AddSubscription = Load("add_subscription");
    public static readonly string ChangeSubscription = Load("change_subscription");
    public static readonly string RemoveSubscription = Load("remove_subscription");
    public static readonly string CountSubscriptionChange = Load("count_subscription_change");
    public static readonly string ReadDeliveryFailures = Load("read_delivery_failures");
    public static readonly string SaveDeliveryFailure = Load("save_delivery_failure");
    public static readonly string ClearDeliveryFailure = Load("clear_delivery_failure");

    public static readonly string CreateMigrationsTable = Load("create_migrations_table");
    public static readonly string ReadMigrations = Load("read_migrations");
    public static readonly string InsertMigration = Load("insert_migration");
    public static readonly string CheckSequence = Load("check_sequence");

    /// <summary>The names and texts of the migrations, in order.</summary>
    public static IReadOnlyList<(string Name, string Sql)> Migrations { get; } = LoadMigrations();

    private static Assembly Assembly => typeof(SqlText).Assembly;

    private static string Load(string name)
    {
        var lines = Read($"{Prefix("Sql")}{name}.sql").Split('\n').Where(l => !l.StartsWith("--", StringComparison.Ordinal));
        return string.Join('\n', lines).Trim();
    }

    private static (string Name, string Sql)[] LoadMigrations()
    {
        var prefix = Prefix("Migrations");
        return
        [
            .. Assembly.GetManifestResourceNames()
                .Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(n => (n[prefix.Length..^".sql".Length], Read(n))),
        ];
    }

    private static string Prefix(string folder) => $"Tidemark.Sqlite.{folder}.";

    // Line ends are made the same everywhere: a checkout must not change a migration's checksum.
    private static string Read(string resource)
    {
        using var stream = Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The embedded file {resource} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
