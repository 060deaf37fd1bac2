-- Purpose: a page of a parked stream's queue.
-- Locks: none.
-- Index: parked_events_pkey.
select position, event_id, type, version
from {schema}.parked_events
where projection = $1 and generation = $2 and tenant = $3 and stream = $4 and position > $5
order by position
limit $6
