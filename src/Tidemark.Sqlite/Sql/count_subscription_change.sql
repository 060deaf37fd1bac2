-- Purpose: counts a change of subscriptions.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_subscription_changes.
UPDATE tidemark_subscription_changes SET change = change + 1 WHERE id = 1
