-- Purpose: after a merge, the slots that are further than their shard's checkpoint, as text like 0-511:1200; null for none.
-- Locks: the table, for the moment of the change; existing rows are not rewritten.
-- Index: none.
alter table {schema}.checkpoints add column ahead text collate "C";
