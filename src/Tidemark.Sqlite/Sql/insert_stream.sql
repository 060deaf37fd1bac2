-- Purpose: a new stream.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_streams.
INSERT INTO tidemark_streams (tenant, name, stream_key) VALUES (?1, ?2, ?3)
