-- Purpose: archives a stream or takes it back, its row and its events in one statement.
-- Locks: the stream's row first, so that no append runs beside it; then its events.
-- Index: streams_pkey, events_stream_version_key.
select {schema}.set_archived($1, $2, $3)
