-- Purpose: the parked streams of a retired generation.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_parked_streams.
DELETE FROM tidemark_parked_streams WHERE projection = ?1 AND generation = ?2
