-- Purpose: the fence of a checkpoint, first statement of every commit of a shard.
-- Locks: the shard's row, until the transaction ends: an owner that takes over waits for it.
-- Index: checkpoints_pkey.

-- Moves the checkpoint if epoch and previous position are the stored ones; else raises TM001, which aborts everything in the transaction.
create function {schema}.move_checkpoint(
    p_shard text, p_epoch bigint, p_previous bigint, p_next bigint, p_anchor uuid, p_anchor_position bigint) returns void
language plpgsql as $function$
declare
    ignored boolean;
begin
    ignored := {schema}.require_durable_commit() is null;
    update {schema}.checkpoints c
    set position = p_next,
        anchor = coalesce(p_anchor, c.anchor),
        anchor_position = case when p_anchor is null then c.anchor_position else p_anchor_position end,
        updated_at = clock_timestamp()
    where c.shard = p_shard and c.epoch = p_epoch and c.position = p_previous;
    if not found then
        raise exception 'The checkpoint is not at this epoch and position (shard %, epoch %, position %).', p_shard, p_epoch, p_previous
            using errcode = 'TM001';
    end if;
end
$function$;
