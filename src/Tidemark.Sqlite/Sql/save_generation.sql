-- Purpose: a generation's row, new or with its new state.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_generations.
INSERT INTO tidemark_generations (projection, generation, version, state, names) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (projection, generation) DO UPDATE SET state = excluded.state, names = excluded.names
