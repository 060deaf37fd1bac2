-- Purpose: every checkpoint.
-- Locks: none.
-- Index: primary key of tidemark_checkpoints, all of it.
SELECT shard, position, epoch, anchor, anchor_position, updated_at FROM tidemark_checkpoints ORDER BY shard
