-- Purpose: changes a subscription's definition; see the function.
-- Locks: the counter's row of subscriptions, until commit.
-- Index: subscriptions_pkey.
select {schema}.change_subscription($1, $2, $3)
