-- Purpose: a key of a remote consumer by its id.
-- Locks: none.
-- Index: primary key of tidemark_delivery_keys.
SELECT id, name, hash, scope, created_at, revoked_at FROM tidemark_delivery_keys WHERE id = ?1
