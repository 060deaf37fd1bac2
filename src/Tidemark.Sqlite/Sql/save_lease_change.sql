-- Purpose: counts a change of leases.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_lease_changes.
UPDATE tidemark_lease_changes SET change = ?1 WHERE id = 1
