-- Purpose: one migration or change of generations at a time; the text names what is locked, schema included.
-- Locks: an exclusive advisory lock to the end of the transaction.
-- Index: none.
select pg_advisory_xact_lock(hashtextextended($1, 0))
