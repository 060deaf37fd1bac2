-- Purpose: takes an operator command that nobody has who is alive; none when another living node has it, or it ended.
-- Locks: runs under the write lock.
-- Index: primary keys of tidemark_commands and tidemark_nodes.
UPDATE tidemark_commands
SET state = 1, node = ?2
WHERE number = ?1
    AND (state = 0
        OR (state = 1
            AND (node = ?2 OR NOT EXISTS (SELECT 1 FROM tidemark_nodes n WHERE n.id = tidemark_commands.node AND n.expires_at > ?3))))
