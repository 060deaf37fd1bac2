-- Purpose: raises the epoch of a shard that the node owns.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_leases.
UPDATE tidemark_leases SET epoch = ?3, change = ?4 WHERE shard = ?1 AND owner = ?2 AND epoch < ?3
