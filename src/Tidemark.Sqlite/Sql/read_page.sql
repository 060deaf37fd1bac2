-- Purpose: a page of the log.
-- Locks: none.
-- Index: primary key of tidemark_events, a walk from ?1 to ?2.
SELECT position, tenant, stream, version, event_id, type, data, metadata, recorded_at, slot
FROM tidemark_events
WHERE position > ?1 AND position <= ?2 AND archived = 0
ORDER BY position
LIMIT ?3
