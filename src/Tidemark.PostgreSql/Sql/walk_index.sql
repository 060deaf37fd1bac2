-- Purpose: makes the page after it walk the index on positions. Until a growing table is analyzed the planner believes in few rows, and would sort all that
-- is left of the log for every page.
-- Locks: none; the setting ends with the implicit transaction of the batch.
-- Index: none.
select set_config('enable_sort', 'off', true)
