-- Purpose: the failures that shards of subscriptions stand at: of one shard, or with null of all.
-- Locks: a read lock for a moment.
-- Index: primary key of tidemark_delivery_failures.
SELECT shard, position, attempts, first_failed_at, last_failed_at, reason, is_faulted
FROM tidemark_delivery_failures
WHERE shard = ?1 OR ?1 IS NULL
ORDER BY shard
