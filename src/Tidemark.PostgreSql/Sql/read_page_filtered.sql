-- Purpose: a page of the log with a filter; a null array is no restriction.
-- Locks: none.
-- Index: events_pkey, forwards; what does not match is passed over in the server.
select position, version, event_id, recorded_at, slot, type, tenant, stream, data, metadata
from {schema}.events
where position > $1 and position <= $2 and not archived
    and ($4::text[] is null or type = any ($4))
    and ($5::text[] is null or tenant = any ($5))
    and slot between $6 and $7
    and ($8::text[] is null or tenant <> all ($8))
order by position
limit $3
