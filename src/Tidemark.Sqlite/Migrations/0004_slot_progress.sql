-- Purpose: after a merge, the slots that are further than their shard's checkpoint, as text like 0-511:1200; null for none.
-- Locks: runs under the write lock, with the other migrations.
-- Index: none.
ALTER TABLE tidemark_checkpoints ADD COLUMN ahead TEXT;
