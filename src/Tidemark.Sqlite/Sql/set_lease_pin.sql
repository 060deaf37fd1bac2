-- Purpose: sets the node that a shard is pinned to, or none.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_leases.
UPDATE tidemark_leases SET pin = ?2, change = ?3 WHERE shard = ?1
