-- Purpose: a node that is known to have ended expires.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_nodes.
UPDATE tidemark_nodes SET expires_at = ?2 WHERE id = ?1 AND expires_at > ?2
