-- Purpose: a stream's new version.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_streams.
UPDATE tidemark_streams SET version = ?3 WHERE tenant = ?1 AND name = ?2
