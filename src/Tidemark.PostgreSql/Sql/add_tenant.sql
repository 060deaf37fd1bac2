-- Purpose: adds a tenant, or finds it; see the function.
-- Locks: the counter's row of tenants, until commit; none when the tenant is there.
-- Index: tenants_pkey.
select id, database, state, added_at from {schema}.add_tenant($1, $2)
