-- Purpose: adds a subscription; one that has its name stays as it is, and is no change.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_subscriptions.
INSERT INTO tidemark_subscriptions (name, incarnation, definition, starts, created_at)
SELECT ?1, c.change + 1, ?2, ?3, ?4 FROM tidemark_subscription_changes c WHERE c.id = 1
ON CONFLICT (name) DO NOTHING
