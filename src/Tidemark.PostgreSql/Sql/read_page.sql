-- Purpose: a page of the log without a filter; $2 is the high-water mark for readers that must not skip.
-- Locks: none.
-- Index: events_pkey, forwards.
select position, version, event_id, recorded_at, slot, type, tenant, stream, data, metadata
from {schema}.events
where position > $1 and position <= $2 and not archived
order by position
limit $3
