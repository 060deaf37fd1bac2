-- Purpose: a page of dead letters, of one projection (?1) or of all (NULL).
-- Locks: none.
-- Index: tidemark_dead_letters_by_position, a walk from ?2 on.
SELECT shard, position, event_id, type, tenant, stream, version, category, exception_type, error, attempts, recorded_at
FROM tidemark_dead_letters
WHERE position > ?2 AND (?1 IS NULL OR projection = ?1)
ORDER BY position, shard
LIMIT ?3
