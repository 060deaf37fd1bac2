-- Purpose: adds a pending operator command; see the function.
-- Locks: the counter's row of leases, until commit.
-- Index: commands_pkey.
select {schema}.add_command($1, $2, $3, $4)
