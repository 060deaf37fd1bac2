-- Purpose: gives a shard back, if the node owns it.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_leases.
UPDATE tidemark_leases SET owner = NULL, change = ?3 WHERE shard = ?1 AND owner = ?2
