-- Purpose: counts a change of tenants.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_tenant_changes.
UPDATE tidemark_tenant_changes SET change = change + 1 WHERE id = 1
