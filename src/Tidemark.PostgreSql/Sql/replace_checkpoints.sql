-- Purpose: replaces shards by others: $1 are those replaced, which get the highest epoch there is; the arrays after it those made.
-- Locks: the shards' rows.
-- Index: checkpoints_pkey.
with replaced as (
    update {schema}.checkpoints c set epoch = 9223372036854775807 where c.shard = any ($1)
)
insert into {schema}.checkpoints as c (shard, projection, generation, epoch, position, anchor, anchor_position, ahead)
select * from unnest($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[], $7::uuid[], $8::bigint[], $9::text[])
on conflict (shard) do update
set epoch = excluded.epoch, position = excluded.position, anchor = excluded.anchor, anchor_position = excluded.anchor_position,
    ahead = excluded.ahead, updated_at = clock_timestamp()
