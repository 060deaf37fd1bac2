-- Purpose: sets a shard's state.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_leases.
UPDATE tidemark_leases SET state = ?2, change = ?3 WHERE shard = ?1
