-- Purpose: a message for the outbox; one that is there already is passed over.
-- Locks: runs under the write lock.
-- Index: the primary key of tidemark_outbox.
INSERT INTO tidemark_outbox (id, projection, slot, position, ordinal, event_id, tenant, name, data, recorded_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (id) DO NOTHING
