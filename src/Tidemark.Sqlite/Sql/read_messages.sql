-- Purpose: a projection's messages in a slot range, in the order of publishing.
-- Locks: none.
-- Index: tidemark_outbox_by_projection.
SELECT id, event_id, position, ordinal, tenant, slot, name, data
FROM tidemark_outbox
WHERE projection = ?1 AND slot BETWEEN ?2 AND ?3
ORDER BY position, ordinal, id
LIMIT ?4
