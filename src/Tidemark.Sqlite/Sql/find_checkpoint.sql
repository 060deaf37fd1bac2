-- Purpose: a shard's checkpoint.
-- Locks: none; opening holds the write lock already.
-- Index: primary key of tidemark_checkpoints.
SELECT shard, position, epoch, anchor, anchor_position, updated_at, ahead, behind FROM tidemark_checkpoints WHERE shard = ?1
