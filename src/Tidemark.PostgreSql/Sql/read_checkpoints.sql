-- Purpose: every checkpoint of this database, but for those of shards that were replaced: they have the highest epoch there is.
-- Locks: none.
-- Index: none; the table is small.
select shard, position, epoch, anchor, anchor_position, updated_at, ahead, behind
from {schema}.checkpoints
where epoch < 9223372036854775807
order by shard
