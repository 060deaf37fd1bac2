-- Purpose: roster and all shards, for tools.
-- Locks: none.
-- Index: leases_owner_key for expired nodes.
select {schema}.read_leases()
