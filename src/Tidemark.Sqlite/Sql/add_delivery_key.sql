-- Purpose: adds a key of a remote consumer; one that has its id stays as it is, and is no change.
-- Locks: runs under the write lock.
-- Index: primary key and number of the change of tidemark_delivery_keys.
INSERT INTO tidemark_delivery_keys (id, name, hash, scope, created_at, change)
SELECT ?1, ?2, ?3, ?4, ?5, coalesce(max(change), 0) + 1 FROM tidemark_delivery_keys WHERE TRUE
ON CONFLICT (id) DO NOTHING
