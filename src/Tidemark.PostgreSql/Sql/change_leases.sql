-- Purpose: changes the set of shards, or refuses; see the function.
-- Locks: the counter's row, then the rows named and those of expired nodes.
-- Index: leases_pkey, nodes_pkey.
select {schema}.change_leases($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
