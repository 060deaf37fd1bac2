-- Purpose: adds events to the queues of parked streams, in the commit that moves the shard's checkpoint past them; those that are there
-- already stay.
-- Locks: the new rows.
-- Index: parked_events_pkey.
insert into {schema}.parked_events (projection, generation, tenant, stream, position, version, event_id, type)
select $1::text, $2::integer, u.*
from unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::uuid[], $8::text[]) u
on conflict do nothing
