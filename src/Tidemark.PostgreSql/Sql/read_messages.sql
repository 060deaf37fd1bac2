-- Purpose: a projection's messages in a slot range, in the order of publishing.
-- Locks: none.
-- Index: outbox_projection_key.
select id, event_id, position, ordinal, tenant, slot, name, data
from {schema}.outbox
where projection = $1 and slot between $2 and $3
order by position, ordinal, id
limit $4
