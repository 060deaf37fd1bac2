-- Purpose: keeps what was done since the savepoint.
-- Locks: none of its own.
-- Index: none.
RELEASE tidemark_part
