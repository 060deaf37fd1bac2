-- Purpose: what a tick needs to know of its node.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_nodes.
SELECT state, given FROM tidemark_nodes WHERE id = ?1
