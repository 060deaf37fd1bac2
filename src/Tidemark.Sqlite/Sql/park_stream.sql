-- Purpose: parks a stream behind a dead letter, or has it wait behind another one.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_parked_streams.
INSERT INTO tidemark_parked_streams (projection, generation, tenant, stream, slot, position, parked_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (projection, generation, tenant, stream) DO UPDATE
SET position = excluded.position
