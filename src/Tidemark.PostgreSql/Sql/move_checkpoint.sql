-- Purpose: the fence; raises TM001 when epoch or previous position are not the stored ones.
-- Locks: the shard's row.
-- Index: checkpoints_pkey.
select {schema}.move_checkpoint($1, $2, $3, $4, $5, $6, $7)
