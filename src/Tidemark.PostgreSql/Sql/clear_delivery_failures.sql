-- Purpose: forgets the failures of shards.
-- Locks: the shards' rows.
-- Index: delivery_failures_pkey.
delete from {schema}.delivery_failures where shard = any ($1)
