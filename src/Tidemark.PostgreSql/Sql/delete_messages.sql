-- Purpose: removes messages that were published.
-- Locks: the rows.
-- Index: outbox_pkey.
delete from {schema}.outbox where id = any ($1)
