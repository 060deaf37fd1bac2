-- Purpose: adds a tenant; one that was removed comes back where it was; one that is there stays as it is, and is no change.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_tenants.
INSERT INTO tidemark_tenants (id, database, state, added_at) VALUES (?1, ?2, 0, ?3)
ON CONFLICT (id) DO UPDATE SET state = 0 WHERE state <> 0
