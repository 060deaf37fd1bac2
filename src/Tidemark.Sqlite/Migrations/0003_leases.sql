-- Purpose: coordination: the roster of nodes, who may run which shard, and operator commands.
-- Locks: runs under the write lock, all migrations in one transaction.
-- Index: each is explained at its table.
--
-- Node ids are 16 bytes in big-endian order.

-- given: the change that the node's last answer named; a node that knows a later one learned it from a file that this one, restored from a
-- backup, has forgotten. capabilities is a JSON array.
CREATE TABLE tidemark_nodes (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    process_id INTEGER NOT NULL,
    process_started_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    shards_max INTEGER,
    capabilities TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    given INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- change: the number of the change that touched the row last.
CREATE TABLE tidemark_leases (
    shard TEXT NOT NULL PRIMARY KEY,
    projection TEXT NOT NULL,
    generation INTEGER NOT NULL,
    database TEXT NOT NULL,
    group_name TEXT,
    version INTEGER NOT NULL,
    state INTEGER NOT NULL,
    owner BLOB,
    epoch INTEGER NOT NULL,
    pin BLOB,
    problem_category TEXT,
    problem_message TEXT,
    problem_next_try INTEGER,
    change INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tidemark_leases_by_owner ON tidemark_leases (owner) WHERE owner IS NOT NULL;

CREATE INDEX tidemark_leases_by_change ON tidemark_leases (change);

CREATE INDEX tidemark_leases_by_generation ON tidemark_leases (projection, generation, database);

-- One row: how many changes there were.
CREATE TABLE tidemark_lease_changes (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    change INTEGER NOT NULL
) STRICT;

INSERT INTO tidemark_lease_changes (id, change) VALUES (1, 0);

-- AUTOINCREMENT: a number is not drawn again even when commands were deleted by hand.
CREATE TABLE tidemark_commands (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    action INTEGER NOT NULL,
    target TEXT NOT NULL,
    argument TEXT,
    requested_by TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    node BLOB,
    result TEXT,
    ended_at INTEGER
) STRICT;

CREATE INDEX tidemark_commands_open ON tidemark_commands (number) WHERE state < 2;
