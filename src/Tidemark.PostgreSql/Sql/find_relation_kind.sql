-- Purpose: what kind of relation has a name in the schema, so that a view never takes the place of something else.
-- Locks: none.
-- Index: the catalogue's.
select relkind::text
from pg_class
where oid = to_regclass($1)
