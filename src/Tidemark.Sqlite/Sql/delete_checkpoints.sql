-- Purpose: deletes the checkpoints of a projection's generation.
-- Locks: runs under the write lock.
-- Index: none; there are few checkpoints.
DELETE FROM tidemark_checkpoints WHERE projection = ?1 AND generation = ?2
