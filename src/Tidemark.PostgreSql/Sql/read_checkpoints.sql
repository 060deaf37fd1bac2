-- Purpose: every checkpoint of this database.
-- Locks: none.
-- Index: none; the table is small.
select shard, position, epoch, anchor, anchor_position, updated_at
from {schema}.checkpoints
order by shard
