-- Purpose: operator commands that have not ended, oldest first.
-- Locks: none.
-- Index: tidemark_commands_open.
SELECT number, action, target, argument, requested_by, requested_at, state, node, result, ended_at
FROM tidemark_commands
WHERE state < 2
ORDER BY number
