-- Purpose: one event by its id.
-- Locks: none.
-- Index: tidemark_events_by_id.
SELECT position, tenant, stream, version, event_id, type, data, metadata, recorded_at, slot
FROM tidemark_events
WHERE event_id = ?1
