-- Purpose: a stream rejoins.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_parked_streams.
DELETE FROM tidemark_parked_streams WHERE projection = ?1 AND generation = ?2 AND tenant = ?3 AND stream = ?4
