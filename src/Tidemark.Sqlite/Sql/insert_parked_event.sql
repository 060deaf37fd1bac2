-- Purpose: adds an event to the queue of a parked stream; one that is there already stays.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_parked_events.
INSERT OR IGNORE INTO tidemark_parked_events (projection, generation, tenant, stream, position, version, event_id, type)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
