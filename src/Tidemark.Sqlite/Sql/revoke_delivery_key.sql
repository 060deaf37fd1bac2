-- Purpose: revokes a key of a remote consumer, unless it was.
-- Locks: runs under the write lock.
-- Index: primary key and number of the change of tidemark_delivery_keys.
UPDATE tidemark_delivery_keys
SET revoked_at = ?2, change = (SELECT max(change) + 1 FROM tidemark_delivery_keys)
WHERE id = ?1 AND revoked_at IS NULL
