-- Purpose: the id of the event at a position; guards checkpoints against a rewound log.
-- Locks: none.
-- Index: events_pkey.
select event_id
from {schema}.events
where position = $1
