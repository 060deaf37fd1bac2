-- Purpose: the parked streams of a shard, which it keeps in memory.
-- Locks: none.
-- Index: primary key of tidemark_parked_streams, the part of the projection's generation.
SELECT tenant, stream
FROM tidemark_parked_streams
WHERE projection = ?1 AND generation = ?2 AND slot BETWEEN ?3 AND ?4
LIMIT ?5
