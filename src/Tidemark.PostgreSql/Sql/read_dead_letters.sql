-- Purpose: dead letters in the order (position, shard).
-- Locks: none.
-- Index: dead_letters_pkey.
select shard, position, event_id, type, tenant, stream, version, category, exception_type, error, attempts, recorded_at
from {schema}.dead_letters
where position > $1 and ($2::text is null or projection = $2)
order by position, shard
limit $3
