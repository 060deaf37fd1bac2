-- Purpose: a stream's version is that of its last event, which the index on (stream_key, version) finds at once. A copy in the stream's row
-- made each append of a group dirty one more page, and so write it to the write-ahead log.
-- Locks: runs under the write lock, with the other migrations.
-- Index: none.
ALTER TABLE tidemark_streams DROP COLUMN version;
