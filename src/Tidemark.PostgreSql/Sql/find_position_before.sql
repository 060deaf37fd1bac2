-- Purpose: the position before the first event recorded at or after a moment; see the function.
-- Locks: none.
-- Index: events_pkey.
select {schema}.find_position_before($1, $2)
