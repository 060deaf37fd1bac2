-- Purpose: changes nothing; makes a transaction that was begun as deferred take the write lock.
-- Locks: the write lock.
-- Index: none.
UPDATE tidemark_store SET value = value WHERE 0
