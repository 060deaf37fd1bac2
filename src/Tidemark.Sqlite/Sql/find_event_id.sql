-- Purpose: the id of the event at a position.
-- Locks: none.
-- Index: primary key of tidemark_events.
SELECT event_id FROM tidemark_events WHERE position = ?1
