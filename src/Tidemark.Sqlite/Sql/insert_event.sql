-- Purpose: one event. The position was counted on from the last one under the write lock.
-- Locks: runs under the write lock.
-- Index: primary key (appended at its end), tidemark_events_by_stream, tidemark_events_by_id.
INSERT INTO tidemark_events (position, stream_key, version, slot, recorded_at, event_id, type, tenant, stream, metadata, data)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
