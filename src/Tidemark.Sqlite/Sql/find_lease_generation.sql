-- Purpose: whether a projection's generation has shards of a database.
-- Locks: runs under the write lock.
-- Index: tidemark_leases_by_generation.
SELECT 1 FROM tidemark_leases WHERE projection = ?1 AND generation = ?2 AND database = ?3 LIMIT 1
