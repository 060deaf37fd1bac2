-- Purpose: every tenant with the number of the newest change, when that is not the one that is known; else nothing. A number that is
-- lower than the known one is of a file that was restored.
-- Locks: a read lock for a moment.
-- Index: primary keys of tidemark_tenant_changes and tidemark_tenants, which is read whole.
SELECT c.change, t.id, t.database, t.state, t.added_at
FROM tidemark_tenant_changes c
LEFT JOIN tidemark_tenants t ON TRUE
WHERE c.id = 1 AND c.change <> ?1
ORDER BY t.id
