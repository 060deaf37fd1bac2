-- Purpose: changes a subscription's definition; one that is stored already is no change.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_subscriptions.
UPDATE tidemark_subscriptions SET definition = ?3 WHERE name = ?1 AND incarnation = ?2 AND definition <> ?3
