-- Purpose: dead letters in the order (position, shard). A page never ends inside a position, so that the next one can begin after it.
-- Locks: none.
-- Index: dead_letters_pkey.
select shard, position, event_id, type, tenant, stream, version, category, exception_type, error, attempts, recorded_at, state,
    first_failed_at
from {schema}.dead_letters
where position > $1 and ($2::text is null or projection = $2)
    and position <= (
        select max(p.position)
        from (
            select d.position
            from {schema}.dead_letters d
            where d.position > $1 and ($2::text is null or d.projection = $2)
            order by d.position
            limit $3
        ) p
    )
order by position, shard
