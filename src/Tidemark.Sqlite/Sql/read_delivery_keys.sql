-- Purpose: every key of remote consumers with the number of the newest change, when that is not the one that is known; else nothing. A number
-- that is lower than the known one is of a file that was restored.
-- Locks: a read lock for a moment.
-- Index: number of the change of tidemark_delivery_keys, which is read whole.
SELECT c.change, k.id, k.name, k.hash, k.scope, k.created_at, k.revoked_at
FROM (SELECT coalesce(max(change), 0) AS change FROM tidemark_delivery_keys) c
LEFT JOIN tidemark_delivery_keys k ON TRUE
WHERE c.change <> ?1
ORDER BY k.id
