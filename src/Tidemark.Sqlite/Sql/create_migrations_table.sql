-- Purpose: the list of applied migrations.
-- Locks: runs under the write lock.
-- Index: its primary key.
CREATE TABLE IF NOT EXISTS tidemark_migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL
) STRICT
