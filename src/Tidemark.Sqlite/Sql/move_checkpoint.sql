-- Purpose: the fence: moves a checkpoint when epoch (?2) and position (?3) are the stored ones, else changes no row. The anchor stays when
-- none is given (?5).
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_checkpoints.
UPDATE tidemark_checkpoints
SET position = ?4,
    anchor = coalesce(?5, anchor),
    anchor_position = CASE WHEN ?5 IS NULL THEN anchor_position ELSE ?6 END,
    updated_at = ?7
WHERE shard = ?1 AND epoch = ?2 AND position = ?3
