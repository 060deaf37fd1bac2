-- Purpose: a page of the log with only some types, tenants and slots. ?4, ?5 and ?8 (tenants left out) are JSON arrays, or NULL for no
-- restriction.
-- Locks: none.
-- Index: primary key of tidemark_events, a walk from ?1 to ?2; the lists are made into small indexes once per run.
SELECT position, tenant, stream, version, event_id, type, data, metadata, recorded_at, slot
FROM tidemark_events
WHERE position > ?1 AND position <= ?2 AND archived = 0
    AND slot BETWEEN ?6 AND ?7
    AND (?4 IS NULL OR type IN (SELECT value FROM json_each(?4)))
    AND (?5 IS NULL OR tenant IN (SELECT value FROM json_each(?5)))
    AND (?8 IS NULL OR tenant NOT IN (SELECT value FROM json_each(?8)))
ORDER BY position
LIMIT ?3
