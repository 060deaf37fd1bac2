-- Purpose: the failure that a shard stands at, in place of its former one.
-- Locks: the shard's row.
-- Index: delivery_failures_pkey.
insert into {schema}.delivery_failures (shard, position, attempts, first_failed_at, last_failed_at, reason, is_faulted)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (shard) do update
set position = excluded.position, attempts = excluded.attempts, first_failed_at = excluded.first_failed_at,
    last_failed_at = excluded.last_failed_at, reason = excluded.reason, is_faulted = excluded.is_faulted
