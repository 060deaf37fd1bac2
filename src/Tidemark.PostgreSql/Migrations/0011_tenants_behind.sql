-- Purpose: tenants that a shard has left behind, beside its checkpoint: JSON, null for none. The fence sets them with the position.
-- Locks: the table, for the moment of the change; existing rows are not rewritten.
-- Index: none.
alter table {schema}.checkpoints add column behind text collate "C";

-- A process that knows nothing of tenants left behind would leave their events out: it finds its function gone, and writes nothing.
drop function {schema}.move_checkpoint(text, bigint, bigint, bigint, uuid, bigint);

-- Moves the checkpoint if epoch and previous position are the stored ones; else raises TM001, which aborts everything in the transaction.
-- The tenants left behind stay as they are when p_behind is null; the empty text means none.
create function {schema}.move_checkpoint(
    p_shard text, p_epoch bigint, p_previous bigint, p_next bigint, p_anchor uuid, p_anchor_position bigint, p_behind text) returns void
language plpgsql as $function$
declare
    ignored boolean;
begin
    ignored := {schema}.require_durable_commit() is null;
    update {schema}.checkpoints c
    set position = p_next,
        anchor = coalesce(p_anchor, c.anchor),
        anchor_position = case when p_anchor is null then c.anchor_position else p_anchor_position end,
        behind = case when p_behind is null then c.behind else nullif(p_behind, '') end,
        updated_at = clock_timestamp()
    where c.shard = p_shard and c.epoch = p_epoch and c.position = p_previous;
    if not found then
        raise exception 'The checkpoint is not at this epoch and position (shard %, epoch %, position %).', p_shard, p_epoch, p_previous
            using errcode = 'TM001';
    end if;
end
$function$;
