-- Purpose: messages for the outbox, in the commit that moves the checkpoint; those that are there already are passed over.
-- Locks: the new rows.
-- Index: outbox_pkey.
insert into {schema}.outbox (id, projection, slot, position, ordinal, event_id, tenant, name, data)
select *
from unnest($1::uuid[], $2::text[], $3::smallint[], $4::bigint[], $5::integer[], $6::uuid[], $7::text[], $8::text[], $9::json[])
on conflict (id) do nothing
