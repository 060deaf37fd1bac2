-- Purpose: marks the events of a stream like the stream itself, so that a page of the log need not look at streams.
-- Locks: runs under the write lock.
-- Index: tidemark_events_by_stream.
UPDATE tidemark_events SET archived = ?2 WHERE stream_key = ?1 AND archived <> ?2
