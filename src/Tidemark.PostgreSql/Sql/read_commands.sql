-- Purpose: operator commands, newest first.
-- Locks: none.
-- Index: commands_pkey, backwards.
select number, action, target, argument, requested_by, requested_at, state, node, result, ended_at
from {schema}.commands
where number < $1
order by number desc
limit $2
