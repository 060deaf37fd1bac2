-- Purpose: a page of a parked stream's queue.
-- Locks: none.
-- Index: primary key of tidemark_parked_events.
SELECT position, event_id, type, version
FROM tidemark_parked_events
WHERE projection = ?1 AND generation = ?2 AND tenant = ?3 AND stream = ?4 AND position > ?5
ORDER BY position
LIMIT ?6
