-- Purpose: the migrations applied to this database. Fails when there is no such table; ask the catalogue first.
-- Locks: none.
-- Index: migrations_pkey.
select number, name, checksum
from {schema}.migrations
order by number
