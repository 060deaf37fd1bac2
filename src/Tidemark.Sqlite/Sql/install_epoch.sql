-- Purpose: installs the epoch of a shard's new owner; writes of the former one are refused from then on.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_checkpoints.
UPDATE tidemark_checkpoints SET epoch = ?2 WHERE shard = ?1
