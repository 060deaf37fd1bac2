-- Purpose: one dead letter.
-- Locks: none.
-- Index: tidemark_dead_letters_by_position.
SELECT shard, position, event_id, type, tenant, stream, version, category, exception_type, error, attempts, recorded_at, state,
    first_failed_at
FROM tidemark_dead_letters
WHERE position = ?3 AND projection = ?1 AND generation = ?2
