-- Purpose: a stream's key, version and whether it is archived.
-- Locks: none; an append holds the write lock already.
-- Index: primary key of tidemark_streams, then the last entry of the stream in tidemark_events_by_stream.
SELECT s.stream_key, (SELECT e.version FROM tidemark_events e WHERE e.stream_key = s.stream_key ORDER BY e.version DESC LIMIT 1), s.archived
FROM tidemark_streams s
WHERE s.tenant = ?1 AND s.name = ?2
