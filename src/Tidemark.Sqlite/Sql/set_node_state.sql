-- Purpose: sets a node's state.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_nodes.
UPDATE tidemark_nodes SET state = ?2 WHERE id = ?1
