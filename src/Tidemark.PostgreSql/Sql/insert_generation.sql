-- Purpose: enters a generation: live when the projection has no live one, else building.
-- Locks: the new row. The caller holds the store's lock.
-- Index: generations_pkey, generations_live_key.
insert into {schema}.generations (projection, generation, version, state)
select $1, $2, $3, case when exists (select from {schema}.generations g where g.projection = $1 and g.state = 1) then 0 else 1 end
on conflict (projection, generation) do nothing
