-- Purpose: makes the commit of this transaction wait for the disk, when the session would not; for commits without a checkpoint.
-- Locks: none.
-- Index: none.
select {schema}.require_durable_commit()
