-- Purpose: parks streams behind dead letters, or has them wait behind other ones; in a shard's commit.
-- Locks: the rows.
-- Index: parked_streams_pkey.
insert into {schema}.parked_streams (projection, generation, tenant, stream, slot, position)
select *
from unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::smallint[], $6::bigint[])
on conflict (projection, generation, tenant, stream) do update
set position = excluded.position
