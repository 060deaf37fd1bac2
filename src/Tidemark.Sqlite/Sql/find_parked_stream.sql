-- Purpose: the position of the dead letter behind which a stream waits.
-- Locks: none.
-- Index: primary key of tidemark_parked_streams.
SELECT position
FROM tidemark_parked_streams
WHERE projection = ?1 AND generation = ?2 AND tenant = ?3 AND stream = ?4
