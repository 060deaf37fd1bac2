-- Purpose: adds a key of a remote consumer, or finds it; see the function.
-- Locks: delivery_keys against other changes, until commit.
-- Index: delivery_keys_pkey, delivery_keys_change_key.
select id, name, hash, scope, created_at, revoked_at from {schema}.add_delivery_key($1, $2, $3, $4)
