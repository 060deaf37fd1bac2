-- Purpose: retires the live generation, unless it is the one to be published.
-- Locks: its row. The caller holds the store's lock.
-- Index: generations_live_key.
update {schema}.generations set state = 2
where projection = $1 and state = 1 and generation <> $2
