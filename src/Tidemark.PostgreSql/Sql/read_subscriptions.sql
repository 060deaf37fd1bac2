-- Purpose: every subscription with the number of the newest change, when that is not the one that is known; else nothing. The counter and
-- the rows are of one snapshot. A number that is lower than the known one is of a database that was restored.
-- Locks: none.
-- Index: subscription_changes_pkey; the subscriptions are read whole.
select c.change, s.name, s.incarnation, s.definition, s.starts, s.created_at
from {schema}.subscription_changes c
left join {schema}.subscriptions s on true
where c.id = 1 and c.change <> $1
order by s.name
