-- Purpose: the queues of a retired generation's parked streams.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_parked_events.
DELETE FROM tidemark_parked_events WHERE projection = ?1 AND generation = ?2
