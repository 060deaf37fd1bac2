-- Purpose: replaces shards by others: $1 are those replaced, which get the highest epoch there is; the arrays after it those made. Does
-- nothing when all of $1 are replaced already. Answers with a shard that somebody has worked on since under a higher epoch, or that has no
-- checkpoint; nothing is changed then.
-- Locks: the shards' rows.
-- Index: checkpoints_pkey.
with known as (
    select c.shard, c.epoch from {schema}.checkpoints c where c.shard = any ($1 || $2) order by c.shard for update
), made as (
    select *
    from unnest($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[], $7::uuid[], $8::bigint[], $9::text[], $10::text[])
        as m (shard, projection, generation, epoch, position, anchor, anchor_position, ahead, behind)
), verdict as (
    select
        cardinality($1) > 0 and not exists (
            select from unnest($1) r (shard) where not exists (
                select from known k where k.shard = r.shard and k.epoch = 9223372036854775807)) as is_done,
        coalesce(
            (
                select min(r.shard) from unnest($1) r (shard) where not exists (
                    select from known k
                    where k.shard = r.shard and k.epoch <= (select coalesce(max(m.epoch), 9223372036854775807 - 1) from made m))
            ),
            (select min(k.shard) from known k join made m using (shard) where k.epoch > m.epoch and k.epoch < 9223372036854775807)
        ) as fenced
), replaced as (
    update {schema}.checkpoints c set epoch = 9223372036854775807
    from verdict v
    where c.shard = any ($1) and not v.is_done and v.fenced is null
), stored as (
    insert into {schema}.checkpoints as c (shard, projection, generation, epoch, position, anchor, anchor_position, ahead, behind)
    select m.shard, m.projection, m.generation, m.epoch, m.position, m.anchor, m.anchor_position, m.ahead, nullif(m.behind, '')
    from made m, verdict v
    where not v.is_done and v.fenced is null
    on conflict (shard) do update
    set epoch = excluded.epoch, position = excluded.position, anchor = excluded.anchor, anchor_position = excluded.anchor_position,
        ahead = excluded.ahead, behind = excluded.behind, updated_at = clock_timestamp()
)
select v.fenced from verdict v where not v.is_done
