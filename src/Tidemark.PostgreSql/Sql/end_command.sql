-- Purpose: ends an operator command that the node has taken; the same outcome again changes nothing.
-- Locks: the command's row.
-- Index: commands_pkey.
update {schema}.commands c
set state = $3, result = $4, ended_at = coalesce(c.ended_at, clock_timestamp())
where c.number = $1 and c.node = $2 and (c.state = 1 or (c.state = $3 and c.result = $4))
