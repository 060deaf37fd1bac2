-- Purpose: parked streams in the order of their dead letters, with the length of their queues. A page never ends inside a position, so that
-- the next one can begin after it.
-- Locks: none.
-- Index: parked_streams_position_key; parked_events_pkey for each row.
select p.projection, p.generation, p.tenant, p.stream, p.position, p.parked_at,
    (
        select count(*)
        from {schema}.parked_events e
        where e.projection = p.projection and e.generation = p.generation and e.tenant = p.tenant and e.stream = p.stream
    )
from {schema}.parked_streams p
where p.position > $1 and ($2::text is null or p.projection = $2)
    and p.position <= (
        select max(l.position)
        from (
            select s.position
            from {schema}.parked_streams s
            where s.position > $1 and ($2::text is null or s.projection = $2)
            order by s.position
            limit $3
        ) l
    )
order by p.position, p.projection, p.generation
