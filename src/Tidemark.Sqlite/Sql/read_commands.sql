-- Purpose: operator commands, newest first.
-- Locks: none.
-- Index: primary key of tidemark_commands, read backwards.
SELECT number, action, target, argument, requested_by, requested_at, state, node, result, ended_at
FROM tidemark_commands
WHERE number < ?1
ORDER BY number DESC
LIMIT ?2
