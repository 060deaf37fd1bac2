-- Purpose: records events that a shard's policy took out of the way, in the commit that moves its checkpoint past them.
-- Locks: the new rows.
-- Index: dead_letters_pkey.
insert into {schema}.dead_letters
    (shard, projection, position, event_id, type, tenant, stream, version, category, exception_type, error, attempts)
select *
from unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::smallint[],
    $10::text[], $11::text[], $12::integer[])
on conflict (position, shard) do update
set category = excluded.category, exception_type = excluded.exception_type, error = excluded.error, attempts = excluded.attempts,
    recorded_at = clock_timestamp()
