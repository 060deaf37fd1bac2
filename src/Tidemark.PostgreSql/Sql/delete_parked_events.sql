-- Purpose: takes the head of a parked stream's queue away, up to a position, in the commit of its effects.
-- Locks: the rows.
-- Index: parked_events_pkey.
delete from {schema}.parked_events
where projection = $1 and generation = $2 and tenant = $3 and stream = $4 and position <= $5
