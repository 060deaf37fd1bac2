-- Purpose: how far the counter of positions is behind the events; 0 when all is well.
-- Locks: none.
-- Index: primary key of tidemark_events, its end.
SELECT max(0,
    coalesce((SELECT max(position) FROM tidemark_events), 0) -
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'tidemark_events'), 0))
