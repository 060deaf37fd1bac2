-- Purpose: makes a shard, unowned; one that exists is set to the same, its epoch never falls.
-- Locks: runs under the write lock.
-- Index: primary key of tidemark_leases.
INSERT INTO tidemark_leases (shard, projection, generation, database, group_name, version, state, epoch, pin, change)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (shard) DO UPDATE SET
    group_name = excluded.group_name, version = excluded.version, state = excluded.state, owner = NULL,
    epoch = MAX(epoch, excluded.epoch), pin = excluded.pin, change = excluded.change,
    problem_category = NULL, problem_message = NULL, problem_next_try = NULL
