-- Purpose: every key of remote consumers with the number of the newest change, when that is not the one that is known; else nothing. A number
-- that is lower than the known one is of a database that was restored.
-- Locks: none.
-- Index: delivery_keys_change_key; the keys are read whole.
select c.change, k.id, k.name, k.hash, k.scope, k.created_at, k.revoked_at
from (select coalesce(max(o.change), 0) as change from {schema}.delivery_keys o) c
left join {schema}.delivery_keys k on true
where c.change <> $1
order by k.id
