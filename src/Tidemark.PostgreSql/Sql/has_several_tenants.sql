-- Purpose: whether streams of more than one tenant are stored.
-- Locks: none.
-- Index: streams_pkey, its two ends.
select
    (select tenant from {schema}.streams order by tenant limit 1)
    is distinct from (select tenant from {schema}.streams order by tenant desc limit 1)
