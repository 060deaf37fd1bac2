-- Purpose: a subscription by its name.
-- Locks: none.
-- Index: primary key of tidemark_subscriptions.
SELECT name, incarnation, definition, starts, created_at FROM tidemark_subscriptions WHERE name = ?1
