-- Purpose: adds a pending operator command.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_commands.
INSERT INTO tidemark_commands (action, target, argument, requested_by, requested_at) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING number
