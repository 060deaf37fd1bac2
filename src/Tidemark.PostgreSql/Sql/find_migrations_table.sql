-- Purpose: whether the store's table of migrations exists.
-- Locks: none.
-- Index: the catalogue's.
select to_regclass('{schema}.migrations') is not null
