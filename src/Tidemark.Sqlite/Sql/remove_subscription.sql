-- Purpose: removes a subscription.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_subscriptions.
DELETE FROM tidemark_subscriptions WHERE name = ?1 AND incarnation = ?2
