-- Purpose: removes a message that was published.
-- Locks: runs under the write lock.
-- Index: the primary key of tidemark_outbox.
DELETE FROM tidemark_outbox WHERE id = ?1
