-- Purpose: forgets the failure of a shard.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_delivery_failures.
DELETE FROM tidemark_delivery_failures WHERE shard = ?1
