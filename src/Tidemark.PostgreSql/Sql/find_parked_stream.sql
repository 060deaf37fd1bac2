-- Purpose: the position of the dead letter behind which a stream waits.
-- Locks: none.
-- Index: parked_streams_pkey.
select position
from {schema}.parked_streams
where projection = $1 and generation = $2 and tenant = $3 and stream = $4
