-- Purpose: gives all shards of a node back.
-- Locks: runs under the write lock.
-- Index: tidemark_leases_by_owner.
UPDATE tidemark_leases SET owner = NULL, change = ?2 WHERE owner = ?1
