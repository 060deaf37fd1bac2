-- Purpose: a number that changes whenever another connection has committed.
-- Locks: a read lock for a moment.
-- Index: none.
PRAGMA data_version
