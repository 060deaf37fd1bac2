-- Purpose: marks a tenant as removed; one that is removed already is no change.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_tenants.
UPDATE tidemark_tenants SET state = 1 WHERE id = ?1 AND state <> 1
