-- Purpose: begins a transaction that writes.
-- Locks: the write lock, at once; never a read lock that is upgraded later.
-- Index: none.
BEGIN IMMEDIATE
