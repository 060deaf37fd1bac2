-- Purpose: the checkpoint of a new shard, at the beginning of the log.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_checkpoints.
INSERT INTO tidemark_checkpoints (shard, projection, generation, position, epoch, anchor_position, updated_at)
VALUES (?1, ?2, ?3, 0, ?4, 0, ?5)
