-- Purpose: a stream rejoins, in the commit that empties its queue.
-- Locks: the row.
-- Index: parked_streams_pkey.
delete from {schema}.parked_streams
where projection = $1 and generation = $2 and tenant = $3 and stream = $4
