-- Purpose: a page of dead letters, of one projection (?1) or of all (NULL). It never ends inside a position, so that the next
-- one can begin after it.
-- Locks: none.
-- Index: tidemark_dead_letters_by_position, a walk from ?2 on.
SELECT shard, position, event_id, type, tenant, stream, version, category, exception_type, error, attempts, recorded_at, state,
    first_failed_at
FROM tidemark_dead_letters
WHERE position > ?2 AND (?1 IS NULL OR projection = ?1)
    AND position <= (
        SELECT max(p.position)
        FROM (
            SELECT d.position
            FROM tidemark_dead_letters d
            WHERE d.position > ?2 AND (?1 IS NULL OR d.projection = ?1)
            ORDER BY d.position
            LIMIT ?3
        ) p
    )
ORDER BY position, shard
