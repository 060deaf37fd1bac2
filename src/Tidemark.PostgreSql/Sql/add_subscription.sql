-- Purpose: adds a subscription, or finds the one that has its name; see the function.
-- Locks: the counter's row of subscriptions, until commit.
-- Index: subscriptions_pkey.
select name, incarnation, definition, starts, created_at from {schema}.add_subscription($1, $2, $3)
