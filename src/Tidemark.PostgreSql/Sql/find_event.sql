-- Purpose: one event by its id.
-- Locks: none.
-- Index: events_event_id_key.
select position, version, event_id, recorded_at, slot, type, tenant, stream, data, metadata
from {schema}.events
where event_id = $1
