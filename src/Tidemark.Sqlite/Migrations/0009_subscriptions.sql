-- Purpose: coordination: the subscriptions; and in each event database the failures that their shards stand at.
-- Locks: runs under the write lock, all migrations in one transaction.
-- Index: by name; by shard.

CREATE TABLE tidemark_subscriptions (
    name TEXT NOT NULL PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    definition TEXT NOT NULL,
    starts TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: how many changes there were, and the last incarnation.
CREATE TABLE tidemark_subscription_changes (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    change INTEGER NOT NULL
) STRICT;

INSERT INTO tidemark_subscription_changes (id, change) VALUES (1, 0);

-- One row for each shard of a subscription whose consumer has failed at an event.
CREATE TABLE tidemark_delivery_failures (
    shard TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    first_failed_at INTEGER NOT NULL,
    last_failed_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    is_faulted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
