-- Purpose: a dead letter; a second one of the same event and generation replaces the first, all but the time of the first failure.
-- Locks: runs under the write lock.
-- Index: tidemark_dead_letters_by_position.
INSERT INTO tidemark_dead_letters
    (position, shard, projection, event_id, type, tenant, stream, version, category, exception_type, error, attempts, recorded_at,
    generation, state, first_failed_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?13)
ON CONFLICT (position, projection, generation) DO UPDATE
SET shard = excluded.shard, category = excluded.category, exception_type = excluded.exception_type, error = excluded.error,
    attempts = excluded.attempts, state = excluded.state, recorded_at = excluded.recorded_at
