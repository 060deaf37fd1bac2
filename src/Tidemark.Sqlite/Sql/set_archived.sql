-- Purpose: marks a stream as archived, or not.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_streams.
UPDATE tidemark_streams SET archived = ?3 WHERE tenant = ?1 AND name = ?2
