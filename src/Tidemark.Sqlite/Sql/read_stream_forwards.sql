-- Purpose: a page of a stream, from low versions to high ones.
-- Locks: none.
-- Index: primary key of tidemark_streams, then tidemark_events_by_stream.
SELECT position, tenant, stream, version, event_id, type, data, metadata, recorded_at, slot
FROM tidemark_events
WHERE stream_key = (SELECT stream_key FROM tidemark_streams WHERE tenant = ?1 AND name = ?2) AND version BETWEEN ?3 AND ?4
ORDER BY version
LIMIT ?5
