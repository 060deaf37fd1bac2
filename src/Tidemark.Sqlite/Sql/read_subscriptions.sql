-- Purpose: every subscription with the number of the newest change, when that is not the one that is known; else nothing. A number that is
-- lower than the known one is of a file that was restored.
-- Locks: a read lock for a moment.
-- Index: primary keys of tidemark_subscription_changes and tidemark_subscriptions, which is read whole.
SELECT c.change, s.name, s.incarnation, s.definition, s.starts, s.created_at
FROM tidemark_subscription_changes c
LEFT JOIN tidemark_subscriptions s ON TRUE
WHERE c.id = 1 AND c.change <> ?1
ORDER BY s.name
