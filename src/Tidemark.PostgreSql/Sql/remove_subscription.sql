-- Purpose: removes a subscription; see the function.
-- Locks: the counter's row of subscriptions, until commit.
-- Index: subscriptions_pkey.
select {schema}.remove_subscription($1, $2)
