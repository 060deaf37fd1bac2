-- Purpose: enters a migration as applied, in the transaction that applied it.
-- Locks: the new row.
-- Index: migrations_pkey.
insert into {schema}.migrations (number, name, checksum) values ($1, $2, $3)
