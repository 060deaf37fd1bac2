-- Purpose: records events that a shard's policy took out of the way, in the commit that moves its checkpoint past them; or a record anew,
-- after a retry or a discard. The first failure's time stays.
-- Locks: the rows.
-- Index: dead_letters_pkey.
with moment as materialized (
    select clock_timestamp() as at
)
insert into {schema}.dead_letters
    (shard, projection, position, event_id, type, tenant, stream, version, category, exception_type, error, attempts, generation, state,
    recorded_at, first_failed_at)
select u.*, m.at, m.at
from moment m, unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::smallint[],
    $10::text[], $11::text[], $12::integer[], $13::integer[], $14::smallint[]) u
on conflict (position, projection, generation) do update
set shard = excluded.shard, category = excluded.category, exception_type = excluded.exception_type, error = excluded.error,
    attempts = excluded.attempts, state = excluded.state, recorded_at = clock_timestamp()
