-- Purpose: where an event id is stored, to recognise an append that is repeated.
-- Locks: none; an append holds the write lock already.
-- Index: tidemark_events_by_id.
SELECT position, stream_key, version FROM tidemark_events WHERE event_id = ?1
