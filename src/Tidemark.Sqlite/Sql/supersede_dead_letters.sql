-- Purpose: the dead letters of a retired generation: nothing waits for them any more.
-- Locks: runs under the write lock.
-- Index: none; there are few dead letters.
UPDATE tidemark_dead_letters SET state = 3 WHERE projection = ?1 AND generation = ?2 AND state IN (0, 1)
