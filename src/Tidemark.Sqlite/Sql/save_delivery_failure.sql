-- Purpose: the failure that a shard stands at, in place of its former one.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_delivery_failures.
INSERT OR REPLACE INTO tidemark_delivery_failures
    (shard, position, attempts, first_failed_at, last_failed_at, reason, is_faulted)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
