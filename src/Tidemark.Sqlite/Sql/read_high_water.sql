-- Purpose: the last position that was ever committed. There is one writer at a time, and it draws positions under the write lock: this is
-- the high-water mark.
-- Locks: none.
-- Index: none; sqlite_sequence has a row per AUTOINCREMENT table.
SELECT seq FROM sqlite_sequence WHERE name = 'tidemark_events'
