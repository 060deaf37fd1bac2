-- Purpose: operator commands that have not ended, oldest first.
-- Locks: none.
-- Index: commands_open_key.
select number, action, target, argument, requested_by, requested_at, state, node, result, ended_at
from {schema}.commands
where state < 2
order by number
