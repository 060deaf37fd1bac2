-- Purpose: the parked streams of a shard, which it keeps in memory.
-- Locks: none.
-- Index: parked_streams_pkey, the part of the projection's generation.
select tenant, stream
from {schema}.parked_streams
where projection = $1 and generation = $2 and slot between $3 and $4
limit $5
