-- Purpose: whether streams of more than one tenant are stored.
-- Locks: none.
-- Index: primary key of tidemark_streams, its two ends.
SELECT (SELECT min(tenant) FROM tidemark_streams) IS NOT (SELECT max(tenant) FROM tidemark_streams)
