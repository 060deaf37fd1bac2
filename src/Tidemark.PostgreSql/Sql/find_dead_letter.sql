-- Purpose: one dead letter.
-- Locks: none.
-- Index: dead_letters_pkey.
select shard, position, event_id, type, tenant, stream, version, category, exception_type, error, attempts, recorded_at, state,
    first_failed_at
from {schema}.dead_letters
where position = $3 and projection = $1 and generation = $2
