-- Purpose: what a listener compares to see whether leases, operator commands, tenants or subscriptions changed.
-- Locks: a read lock for a moment.
-- Index: primary key of tidemark_commands, read from its end.
SELECT
    (SELECT change FROM tidemark_lease_changes WHERE id = 1),
    (SELECT COALESCE(MAX(number), 0) FROM tidemark_commands),
    (SELECT change FROM tidemark_tenant_changes WHERE id = 1),
    (SELECT change FROM tidemark_subscription_changes WHERE id = 1)
