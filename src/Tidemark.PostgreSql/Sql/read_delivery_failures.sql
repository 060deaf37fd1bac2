-- Purpose: the failures that shards of subscriptions stand at: of one shard, or with null of all.
-- Locks: none.
-- Index: delivery_failures_pkey.
select shard, position, attempts, first_failed_at, last_failed_at, reason, is_faulted
from {schema}.delivery_failures
where shard = $1 or $1 is null
order by shard
