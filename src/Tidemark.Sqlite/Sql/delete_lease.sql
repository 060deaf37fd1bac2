-- Purpose: removes a shard.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_leases.
DELETE FROM tidemark_leases WHERE shard = ?1
