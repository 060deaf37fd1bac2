-- Purpose: begins a part of a transaction of the application that can be undone alone.
-- Locks: none of its own.
-- Index: none.
SAVEPOINT tidemark_part
