-- Purpose: removes nodes that have expired and own nothing, or expired long ago, but for the caller.
-- Locks: runs under the write lock.
-- Index: all of tidemark_nodes, which is small; tidemark_leases_by_owner.
DELETE FROM tidemark_nodes
WHERE expires_at <= ?1 AND id <> ?2
    AND (expires_at < ?3 OR NOT EXISTS (SELECT 1 FROM tidemark_leases WHERE owner = tidemark_nodes.id))
