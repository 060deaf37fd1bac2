-- Purpose: installs an epoch and reads the checkpoint; makes the row when there is none. No row comes back when a higher epoch is
-- installed, nor for a shard that was replaced: it has the highest epoch there is.
-- Locks: the shard's row.
-- Index: checkpoints_pkey.
insert into {schema}.checkpoints as c (shard, projection, generation, epoch, position, anchor_position)
values ($1, $2, $3, coalesce($4::bigint, 1), 0, 0)
on conflict (shard) do update set epoch = coalesce($4::bigint, c.epoch + 1)
where ($4::bigint is null or c.epoch <= $4::bigint) and c.epoch < 9223372036854775807
returning shard, position, epoch, anchor, anchor_position, updated_at, ahead, behind
