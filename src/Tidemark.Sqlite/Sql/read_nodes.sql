-- Purpose: the nodes that are alive; with ?2, also expired ones that own shards.
-- Locks: none.
-- Index: all of tidemark_nodes, which is small; tidemark_leases_by_owner.
SELECT id, name, host, process_id, process_started_at, state, weight, shards_max, capabilities, started_at, expires_at
FROM tidemark_nodes
WHERE expires_at > ?1 OR (?2 AND EXISTS (SELECT 1 FROM tidemark_leases WHERE owner = tidemark_nodes.id))
ORDER BY id
