-- Purpose: the first event recorded at or after a moment, within a range of positions. Clocks can go back, so recorded_at is not in the
-- order of positions, and the range is walked.
-- Locks: none.
-- Index: primary key of tidemark_events, a walk from ?1 to ?2.
SELECT position FROM tidemark_events WHERE position > ?1 AND position <= ?2 AND recorded_at >= ?3 ORDER BY position LIMIT 1
