-- Purpose: the last number drawn and the last position stored: a sequence behind its table (a restored dump, setval) would use positions
-- twice.
-- Locks: none.
-- Index: events_pkey, backwards.
select coalesce(pg_sequence_last_value('{schema}.positions'::regclass), 0), coalesce((select max(position) from {schema}.events), 0)
