-- Purpose: revokes a key of a remote consumer; see the function.
-- Locks: delivery_keys against other changes, until commit.
-- Index: delivery_keys_pkey, delivery_keys_change_key.
select {schema}.revoke_delivery_key($1)
