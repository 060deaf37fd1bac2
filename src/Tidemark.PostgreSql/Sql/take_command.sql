-- Purpose: takes an operator command that nobody has who is alive; none when another living node has it, or it ended.
-- Locks: the command's row.
-- Index: commands_pkey, nodes_pkey.
update {schema}.commands c
set state = 1, node = $2
where c.number = $1
    and (c.state = 0
        or (c.state = 1
            and (c.node = $2 or not exists (select from {schema}.nodes n where n.id = c.node and n.expires_at > clock_timestamp()))))
