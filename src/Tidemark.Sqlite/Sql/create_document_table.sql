-- Purpose: the documents of one generation of a read model. {table} is its name, quoted.
-- Locks: runs under the write lock.
-- Index: its primary key.
CREATE TABLE {table} (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    data TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT
