-- Purpose: coordination: the keys with which remote consumers connect, by their hashes.
-- Locks: runs under the write lock, all migrations in one transaction.
-- Index: by id; by the number of the change.

-- Revoked keys stay as the record. Each change gives its row the next number, so the greatest one tells whether anything is new.
CREATE TABLE tidemark_delivery_keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    change INTEGER NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
