-- Purpose: holds keys of a read model, present or not, against other transactions that do the same; for inline projections.
-- Locks: an exclusive advisory lock per key to the end of the transaction, in one order everywhere. The one-number form: the bounds of
-- appends use the two-number form, so the two never meet.
-- Index: none.
select pg_advisory_xact_lock(k.hash)
from (
    select distinct hashtextextended(tenant || chr(31) || key, hashtextextended($1, 0)) as hash
    from unnest($2::text[], $3::text[]) u (tenant, key)
    order by hash
) k
