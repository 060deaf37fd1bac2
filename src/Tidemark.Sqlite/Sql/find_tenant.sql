-- Purpose: a tenant by its id.
-- Locks: none.
-- Index: primary key of tidemark_tenants.
SELECT id, database, state, added_at FROM tidemark_tenants WHERE id = ?1
