-- Purpose: undoes what was done since the savepoint; the savepoint itself stays until it is released.
-- Locks: none of its own.
-- Index: none.
ROLLBACK TO tidemark_part
