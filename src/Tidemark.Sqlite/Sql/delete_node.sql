-- Purpose: takes a node off the roster.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_nodes.
DELETE FROM tidemark_nodes WHERE id = ?1
