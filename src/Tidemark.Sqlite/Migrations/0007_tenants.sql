-- Purpose: coordination: which event database each tenant is in.
-- Locks: runs under the write lock, all migrations in one transaction.
-- Index: by id.

CREATE TABLE tidemark_tenants (
    id TEXT NOT NULL PRIMARY KEY,
    database TEXT NOT NULL,
    state INTEGER NOT NULL,
    added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: how many changes there were.
CREATE TABLE tidemark_tenant_changes (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    change INTEGER NOT NULL
) STRICT;

INSERT INTO tidemark_tenant_changes (id, change) VALUES (1, 0);
