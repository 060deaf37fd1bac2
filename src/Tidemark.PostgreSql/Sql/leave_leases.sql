-- Purpose: a node leaves and gives everything back; see the function.
-- Locks: the counter's row, then the node's leases and its row.
-- Index: leases_owner_key, nodes_pkey.
select {schema}.leave_leases($1)
