-- Purpose: a node's heartbeat with all it changes and learns; see the function.
-- Locks: the node's row; when something changes for others, the counter's row first, then the rows of leases and expired nodes.
-- Index: leases_pkey, leases_change_key, leases_generation_key, leases_owner_key, nodes_pkey.
select {schema}.tick_leases(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
