-- Purpose: tenants that a shard has left behind, beside its checkpoint: JSON, null for none.
-- Locks: runs under the write lock, with the other migrations.
-- Index: none.
ALTER TABLE tidemark_checkpoints ADD COLUMN behind TEXT;
