-- Purpose: an operator command by its number.
-- Locks: none.
-- Index: commands_pkey.
select number, action, target, argument, requested_by, requested_at, state, node, result, ended_at
from {schema}.commands
where number = $1
