-- Purpose: the fence: moves a checkpoint when epoch (?2) and position (?3) are the stored ones, else changes no row. The anchor stays when
-- none is given (?5). The tenants left behind stay when ?8 is null; the empty text means none.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_checkpoints.
UPDATE tidemark_checkpoints
SET position = ?4,
    anchor = coalesce(?5, anchor),
    anchor_position = CASE WHEN ?5 IS NULL THEN anchor_position ELSE ?6 END,
    updated_at = ?7,
    behind = CASE WHEN ?8 IS NULL THEN behind ELSE nullif(?8, '') END
WHERE shard = ?1 AND epoch = ?2 AND position = ?3
