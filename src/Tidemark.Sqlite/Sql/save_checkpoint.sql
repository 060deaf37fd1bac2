-- Purpose: a checkpoint as given, in place of the one that may be there.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_checkpoints.
INSERT OR REPLACE INTO tidemark_checkpoints
    (shard, projection, generation, position, epoch, anchor, anchor_position, updated_at, ahead, behind)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, ''))
