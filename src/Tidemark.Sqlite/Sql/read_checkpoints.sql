-- Purpose: every checkpoint, but for those of shards that were replaced: they have the highest epoch there is.
-- Locks: none.
-- Index: primary key of tidemark_checkpoints, all of it.
SELECT shard, position, epoch, anchor, anchor_position, updated_at, ahead, behind
FROM tidemark_checkpoints
WHERE epoch < 9223372036854775807
ORDER BY shard
