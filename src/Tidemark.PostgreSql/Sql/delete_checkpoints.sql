-- Purpose: deletes the checkpoints of a retired generation.
-- Locks: the shards' rows.
-- Index: none; the table is small.
delete from {schema}.checkpoints
where projection = $1 and generation = $2
