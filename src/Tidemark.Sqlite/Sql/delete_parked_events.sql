-- Purpose: takes the head of a parked stream's queue away, up to a position.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_parked_events.
DELETE FROM tidemark_parked_events WHERE projection = ?1 AND generation = ?2 AND tenant = ?3 AND stream = ?4 AND position <= ?5
