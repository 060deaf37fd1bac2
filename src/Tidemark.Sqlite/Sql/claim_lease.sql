-- Purpose: takes a shard that is wanted and has no owner who is alive.
-- Locks: runs under the write lock.
-- Index: primary keys of tidemark_leases and tidemark_nodes.
UPDATE tidemark_leases
SET owner = ?2, epoch = epoch + 1, change = ?3, problem_category = NULL, problem_message = NULL, problem_next_try = NULL
WHERE shard = ?1 AND state = 0 AND owner IS NOT ?2
    AND (owner IS NULL OR NOT EXISTS (SELECT 1 FROM tidemark_nodes n WHERE n.id = tidemark_leases.owner AND n.expires_at > ?4))
