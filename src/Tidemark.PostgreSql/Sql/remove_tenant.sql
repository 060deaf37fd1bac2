-- Purpose: marks a tenant as removed; see the function.
-- Locks: the counter's row of tenants, until commit.
-- Index: tenants_pkey.
select {schema}.remove_tenant($1)
