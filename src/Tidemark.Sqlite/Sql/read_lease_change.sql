-- Purpose: how many changes of leases there were.
-- Locks: a read lock for a moment.
-- Index: primary key of tidemark_lease_changes.
SELECT change FROM tidemark_lease_changes WHERE id = 1
