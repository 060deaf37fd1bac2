-- Purpose: whether a shard is in a state and, with ?3, without an owner who is alive.
-- Locks: runs under the write lock.
-- Index: primary keys of tidemark_leases and tidemark_nodes.
SELECT 1
FROM tidemark_leases l
WHERE l.shard = ?1 AND l.state = ?2
    AND (NOT ?3 OR l.owner IS NULL OR NOT EXISTS (SELECT 1 FROM tidemark_nodes n WHERE n.id = l.owner AND n.expires_at > ?4))
