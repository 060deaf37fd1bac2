-- Purpose: sets the state of a generation.
-- Locks: its row. The caller holds the store's lock.
-- Index: generations_pkey.
update {schema}.generations set state = $3
where projection = $1 and generation = $2
