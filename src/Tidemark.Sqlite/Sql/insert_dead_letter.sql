-- Purpose: a dead letter; a second one of the same event and shard replaces the first.
-- Locks: runs under the write lock.
-- Index: tidemark_dead_letters_by_position.
INSERT OR REPLACE INTO tidemark_dead_letters
    (position, shard, projection, event_id, type, tenant, stream, version, category, exception_type, error, attempts, recorded_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
