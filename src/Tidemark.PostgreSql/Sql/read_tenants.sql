-- Purpose: every tenant with the number of the newest change, when that is not the one that is known; else nothing. The counter and the
-- rows are of one snapshot. A number that is lower than the known one is of a database that was restored.
-- Locks: none.
-- Index: tenant_changes_pkey; the tenants are read whole.
select c.change, t.id, t.database, t.state, t.added_at
from {schema}.tenant_changes c
left join {schema}.tenants t on true
where c.id = 1 and c.change <> $1
order by t.id
