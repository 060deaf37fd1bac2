-- Purpose: an operator command by its number.
-- Locks: none.
-- Index: primary key of tidemark_commands.
SELECT number, action, target, argument, requested_by, requested_at, state, node, result, ended_at
FROM tidemark_commands
WHERE number = ?1
