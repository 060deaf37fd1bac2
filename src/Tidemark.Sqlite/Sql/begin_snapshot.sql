-- Purpose: begins a transaction that only reads, so that several statements see the same state.
-- Locks: a read lock from the first SELECT on.
-- Index: none.
BEGIN
