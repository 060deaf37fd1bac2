-- Purpose: a stream's key, version and whether it is archived.
-- Locks: none; an append holds the write lock already.
-- Index: primary key of tidemark_streams.
SELECT stream_key, version, archived FROM tidemark_streams WHERE tenant = ?1 AND name = ?2
