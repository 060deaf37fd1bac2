-- Purpose: a page of a stream, forwards, archived or not.
-- Locks: none.
-- Index: streams_pkey, then events_stream_version_key.
select position, version, event_id, recorded_at, slot, type, tenant, stream, data, metadata
from {schema}.events
where stream_id = (select stream_id from {schema}.streams where tenant = $1 and name = $2)
    and version >= $3 and version <= $4
order by version
limit $5
