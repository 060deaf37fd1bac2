-- Purpose: ends an operator command that the node has taken; the same outcome again changes nothing.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_commands.
UPDATE tidemark_commands
SET state = ?3, result = ?4, ended_at = COALESCE(ended_at, ?5)
WHERE number = ?1 AND node = ?2 AND (state = 1 OR (state = ?3 AND result = ?4))
