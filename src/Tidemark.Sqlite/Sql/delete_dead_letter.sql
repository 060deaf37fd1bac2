-- Purpose: removes the record of an event that took effect after all.
-- Locks: runs under the write lock.
-- Index: tidemark_dead_letters_by_position.
DELETE FROM tidemark_dead_letters WHERE position = ?3 AND projection = ?1 AND generation = ?2
