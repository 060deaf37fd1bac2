-- Purpose: the shards that changed after a change, by name.
-- Locks: none.
-- Index: tidemark_leases_by_change.
SELECT shard, group_name, version, state, owner, epoch, pin, problem_category, problem_message, problem_next_try
FROM tidemark_leases
WHERE change > ?1
ORDER BY shard
